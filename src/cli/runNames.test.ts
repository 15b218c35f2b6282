import { expect, test } from 'vitest';
import { trainingOptions } from '../training/index.js';
import { tellApart } from './runNames.js';

const run = (
  name: string,
  system: string,
  options: Record<string, unknown>,
  training: Record<string, unknown> = {},
) => ({ name, config: { system, options, training: trainingOptions.parse(training) } });

test('runs of several systems have their titles, and options that all have and in which they differ', () => {
  expect(
    tellApart([
      run('runs/a', 'ae', { latent: 2, cost: 'mse' }, { steps: 5 }),
      run('runs/b', 'vae', { latent: 2, sigma: 'fixed' }, { steps: 7 }),
    ]),
  ).toEqual(['Autoencoder', 'VAE']);
  expect(tellApart([run('a', 'ae', { latent: 2 }), run('b', 'vae', { latent: 5 })])).toEqual([
    'Autoencoder, latent = 2',
    'VAE, latent = 5',
  ]);
});

test('runs of one system have the options in which they differ', () => {
  const runs = [10, 25].map((k) => run(`k${k}`, 'k-sparse-ae', { latent: 100, k }));
  expect(tellApart(runs)).toEqual(['k = 10', 'k = 25']);
});

test('options of training tell apart what nothing else does, and folders what not even these do', () => {
  const seeded = [0, 1].map((seed) => run(`run-${seed}`, 'vae', { hidden: [8, 4] }, { seed }));
  expect(tellApart(seeded)).toEqual(['seed = 0', 'seed = 1']);
  expect(tellApart([run('one', 'vae', {}), run('two', 'vae', {})])).toEqual(['one', 'two']);
  const lists = [[8], [8, 4]].map((hidden, i) => run(String(i), 'vae', { hidden }));
  expect(tellApart(lists)).toEqual(['hidden = 8', 'hidden = 8,4']);
});

test('a single run is called by its system', () => {
  expect(tellApart([run('a', 'vae', {})])).toEqual(['VAE']);
});
