import { expect, test } from 'vitest';
import { resultOf, temporaryFolder } from '../conformance/commandLine.js';
import { systems } from '../systems/index.js';

const root = await temporaryFolder('systems');

test('systems --names prints one name a line', async () => {
  expect(await resultOf(root, ['systems', '--names'])).toBe(systems.map(({ name }) => `${name}\n`).join(''));
  expect(await resultOf(root, ['systems', 'vae', '--names'])).toBe('vae\n');
});

test('a system of several optimisers shows who minimises what', async () => {
  const text = await resultOf(root, ['systems', 'factor-vae']);
  expect(text).toMatch(
    /discriminator +classification +discriminator +adam, learning rate 0.0001, β₁ 0.5, β₂ 0.9\n/,
  );
  expect(text).toContain('together');
  expect(await resultOf(root, ['systems', 'dfc-vae'])).toMatch(/features .*; 25 % of the run\n/);
  expect(await resultOf(root, ['systems', 'vae'])).not.toContain('Phases');
});

test('systems lists every system, and shows one with its equation and every option', async () => {
  const lines = (await resultOf(root, ['systems'])).trim().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(systems.map(({ name }) => name));
  const text = await resultOf(root, ['systems', 'beta-vae']);
  expect(text).toContain('KL');
  expect(text).toContain('--beta <n>');
  const all = JSON.parse(await resultOf(root, ['systems', '--json']));
  const one = all.systems[systems.findIndex(({ name }) => name === 'beta-vae')];
  expect(one).toEqual(JSON.parse(await resultOf(root, ['systems', 'beta-vae', '--json'])));
  expect(one).toMatchObject({
    name: 'beta-vae',
    needsLabels: false,
    stages: [{ order: 'together', phases: [{ minimises: [{}, { name: 'kl', weight: 4 }] }] }],
    options: expect.arrayContaining([
      expect.objectContaining({ flag: '--beta <n>' }),
      expect.objectContaining({
        flag: '--architecture <name>',
        choices: ['auto', 'mlp', 'conv', 'resnet'],
      }),
    ]),
  });
});
