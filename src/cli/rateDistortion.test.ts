import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTable, resultOf, temporaryFolder, trainShort, vaekit } from '../conformance/commandLine.js';

const root = await temporaryFolder('rate-distortion');
await Promise.all([makeTable(join(root, 'table.csv')), makeTable(join(root, 'other.csv'), { seed: 1 })]);
const trained = async (...words: readonly string[]) => (await trainShort(root, words)).run;
const longer = ['--steps', '150'];
const weak = await trained('beta-vae', '--data', 'table.csv', '--beta', '0.05', ...longer);
const strong = await trained('beta-vae', '--data', 'table.csv', '--beta', '8', ...longer);

interface Card {
  readonly output: string;
  readonly points: readonly { run: string; name: string; rate: number; distortion: number; elbo: number }[];
}

test('a smaller weight of the KL has more rate and less distortion, which add up to −ELBO as evaluate measures it', async () => {
  const words = ['rate-distortion', strong, weak, '-o', 'curve.svg', '--json'];
  const { points }: Card = JSON.parse(await resultOf(root, words));
  expect(points.map(({ name }) => name)).toEqual(['beta = 8', 'beta = 0.05']);
  const [much, little] = points;
  expect(little.rate).toBeGreaterThan(much.rate);
  expect(little.distortion).toBeLessThan(much.distortion);
  const saved: Card = JSON.parse(await readFile(join(root, 'curve.json'), 'utf8'));
  expect(saved.points).toEqual(points);
  expect(await readFile(join(root, 'curve.svg'), 'utf8')).toContain('beta = 0.05');
  const evaluated = JSON.parse(await resultOf(root, ['evaluate', weak, '--metrics', 'elbo', '--json']));
  const elbo = evaluated.metrics.find((metric: { name: string }) => metric.name === 'elbo');
  expect(little.elbo).toBeCloseTo(elbo.value, 4);
});

test('runs that binarise are measured on pictures as they see them, as evaluate does', async () => {
  const words = [
    'vae',
    '--data',
    'glyphs',
    '--size',
    '100',
    '--architecture',
    'mlp',
    '--binarise',
    'dynamic',
  ];
  const run = await trained(...words);
  const { points }: Card = JSON.parse(await resultOf(root, ['rate-distortion', run, '--json']));
  const evaluated = JSON.parse(await resultOf(root, ['evaluate', run, '--metrics', 'elbo', '--json']));
  const elbo = evaluated.metrics.find((metric: { name: string }) => metric.name === 'elbo');
  expect(points[0].elbo).toBeCloseTo(elbo.value, 4);
});

test('runs that cannot be compared, or have no bound, are refused in one sentence', async () => {
  const refused = async (...runs: readonly string[]) => {
    const { code, stderr } = await vaekit(root, ['rate-distortion', ...runs]);
    expect(code, stderr).toBe(2);
    return stderr;
  };
  const other = await trained('vae', '--data', 'other.csv');
  expect(await refused(weak, other)).toContain(
    'beta-vae-table-1 and vae-other-1 have no samples in common; name some that both take with --data',
  );
  const plain = await trained('ae', '--data', 'table.csv');
  expect(await refused(plain)).toContain(
    'ae-table-1 has no rate and distortion: ae has no posterior over codes; leave it out',
  );
});
