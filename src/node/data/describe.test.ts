import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { MissingCellsError } from '../../data/index.js';
import { describeSource } from './describe.js';

const root = await mkdtemp(join(tmpdir(), 'vaekit-describe-'));
afterAll(() => rm(root, { recursive: true, force: true }));

async function table(name: string, text: string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, text);
  return path;
}

test('a table is described column by column', async () => {
  const path = await table('t.csv', 'a,colour,label\n1,red,x\n2,blue,y\n6,red,x\n3,green,x\n');
  const report = await describeSource(path);
  expect(report).toMatchObject({
    name: 't',
    kind: 'table',
    shape: [2],
    size: 4,
    split: { train: 2, validation: 1, test: 1 },
    examined: 4,
    columns: [
      { name: 'a', type: 'numeric', missing: 0, min: 1, max: 6, mean: 3 },
      { name: 'colour', type: 'categorical', categories: ['blue', 'green', 'red'] },
    ],
    classes: [
      { name: 'x', count: 3 },
      { name: 'y', count: 1 },
    ],
    suggestion: {
      system: 'vae',
      architecture: 'mlp',
      likelihood: 'table',
      command: `vaekit train vae --data ${path}`,
    },
  });
  expect(report.range).toBeUndefined();
  expect(JSON.parse(JSON.stringify(report)).size).toBe(4);
});

test('missing cells are counted, and the command says what to do about them', async () => {
  const path = await table('m.csv', 'a,b\n1,2\n,3\n5,\n6,\n7,8\n9,4\n');
  const report = await describeSource(path);
  expect(report.columns?.map(({ missing }) => missing)).toEqual([1, 2]);
  expect(report).toMatchObject({ size: 6, columns: [{ mean: 28 / 5 }, { mean: 17 / 4 }] });
  expect(report.notices).toEqual(['cells are missing (a 1, b 2), and rows that miss some are kept']);
  expect(report.suggestion.command).toBe(`vaekit train vae --data ${path} --missing mask`);
  await expect(describeSource(path, { missing: 'refuse' })).rejects.toThrow(MissingCellsError);
});

test('pictures are described by their range and values, and known factors suggest a β-VAE', async () => {
  const report = await describeSource('sprites');
  expect(report).toMatchObject({
    kind: 'image',
    shape: [64, 64, 1],
    range: [0, 1],
    values: { min: 0, max: 1 },
    suggestion: { system: 'beta-vae', architecture: 'conv', likelihood: 'bernoulli' },
  });
  expect(report.factors).toContainEqual({ name: 'orientation', values: 40 });
  // Not all of the 737,280 pictures, but many, and evenly spread: each shape is a third of them.
  expect(report.examined).toBeLessThan(50_000);
  for (const { count } of report.classes ?? []) expect(Math.abs(3 * count - report.examined)).toBeLessThan(4);
});

test('clouds of points suggest their own system', async () => {
  const { kind, samples, suggestion } = await describeSource('primitives', { size: 20 });
  expect(kind).toBe('points');
  expect(samples).toBe('clouds of 256 points in 3 dimensions');
  expect(suggestion).toEqual({
    system: 'pointcloud-ae',
    command: 'vaekit train pointcloud-ae --data primitives',
  });
});

test('sequences suggest their own system, whose networks see one frame', async () => {
  const sprites = await describeSource('moving-sprites', { frames: 3, imageSize: '16' });
  expect(sprites.suggestion).toEqual({
    system: 'td-vae',
    architecture: 'conv',
    likelihood: 'bernoulli',
    command: 'vaekit train td-vae --data moving-sprites --frames 3 --image-size 16',
  });
  const path = await table('series.csv', `a,b\n${'1,2\n3,4\n5,7\n'.repeat(5)}`);
  expect((await describeSource(path, { window: 4 })).suggestion).toEqual({
    system: 'td-vae',
    architecture: 'mlp',
    likelihood: 'table',
    command: `vaekit train td-vae --data ${path} --window 4`,
  });
});

test('sequences with holes, which a TD-VAE refuses, suggest a VAE', async () => {
  const holes = await table('holes.csv', `a,b\n${'1,2\n,4\n5,7\n'.repeat(5)}`);
  expect((await describeSource(holes, { window: 4 })).suggestion.system).toBe('vae');
});

test('data too small for three parts have no split', async () => {
  expect((await describeSource(await table('small.csv', 'a\n1\n2\n'))).split).toBeUndefined();
});

test('a path that a shell would take apart is quoted', async () => {
  const path = await table("it's a table.csv", 'a\n1\n2\n3\n');
  const { command } = (await describeSource(path)).suggestion;
  expect(command).toBe(`vaekit train vae --data '${path.replace("'", `'\\''`)}'`);
});
