import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { linear } from '../nn/index.js';
import { findSystem, system, systems } from '../systems/index.js';
import { describeStages } from './describeStages.js';

const phasesOf = (name: string) => describeStages(findSystem(name)).flatMap(({ phases }) => phases);

test('a system without phases is one stage whose one phase moves the whole model', () => {
  expect(describeStages(findSystem('beta-vae'))).toEqual([
    {
      name: 'training',
      order: 'together',
      phases: [
        {
          name: 'training',
          moves: ['encoder', 'mean', 'logVar', 'decoder'],
          minimises: [
            { name: 'reconstruction', weight: 1, role: 'bound' },
            { name: 'kl', weight: 4, role: 'bound' },
          ],
          optimizer: {},
          every: 1,
          canRest: false,
        },
      ],
    },
  ]);
});

describe('opponents', () => {
  test('FactorVAE’s discriminator moves nothing else, by an Adam of its own', () => {
    const [vae, discriminator] = phasesOf('factor-vae');
    expect(vae.moves).not.toContain('discriminator');
    expect(discriminator).toMatchObject({ moves: ['discriminator'], optimizer: { beta1: 0.5, beta2: 0.9 } });
  });

  test('AAE’s phases come in turn, and the generator leaves the decoder alone', () => {
    expect(describeStages(findSystem('aae')).map(({ order }) => order)).toEqual(['inTurn']);
    const [reconstruction, , generator] = phasesOf('aae');
    expect(reconstruction.moves).toContain('decoder');
    expect(generator.moves).toEqual(['encoder', 'code']);
  });

  test('VAE/GAN’s decoder and discriminator may rest', () => {
    expect(phasesOf('vae-gan').map(({ name, canRest }) => [name, canRest])).toEqual([
      ['encoder', false],
      ['decoder', true],
      ['discriminator', true],
    ]);
  });
});

test('lengths of stages are as they are declared', () => {
  const stacked = findSystem('stacked-dae');
  const stages = describeStages(stacked, stacked.options.parse({ layers: [20, 10], levels: [0.1, 0.2] }));
  expect(stages.map(({ name, length }) => [name, length])).toEqual([
    ['layer 1', 0.5],
    ['layer 2', undefined],
  ]);
});

test('a phase moves what it may move and its objective depends on', () => {
  const idle = system({
    name: 'idle',
    title: 'Idle',
    paper: 'an example',
    objective: 'x',
    summary: 'A model with a layer that nothing pays for.',
    options: z.object({}),
    build: (_, __, scope) => {
      const [used, unused] = ['used', 'unused'].map((name) => linear(1)(scope.child(name)));
      return {
        codeShape: [1],
        objective({ x }) {
          unused(x.flatten());
          return { size: used(x.flatten()).square().sum(1) };
        },
        encode: ({ x }) => used(x.flatten()),
        decode: (code) => code,
      };
    },
  });
  expect(describeStages(idle)[0].phases[0].moves).toEqual(['used']);
});

test.each(systems.map(({ name }) => name))(
  'every phase of %s moves something and pays for something',
  (name) => {
    for (const { moves, minimises } of phasesOf(name)) {
      expect(moves).not.toEqual([]);
      expect(minimises.some(({ weight }) => weight !== 0)).toBe(true);
    }
  },
);
