import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import {
  makeArrays,
  makeTable,
  resultOf,
  TABLE_COLUMNS,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';
import { runOnnxFile } from '../conformance/onnxFile.js';
import { readArrays, readRows } from '../conformance/resultFiles.js';

const root = await temporaryFolder('sample');
await Promise.all([makeTable(join(root, 'table.csv')), makeArrays(join(root, 'digits.npz'))]);
const table = await trainShort(root, ['vae', '--data', 'table.csv', '--out', 'of-table']);
const digits = await trainShort(root, ['cvae', '--data', 'digits.npz', '--out', 'of-digits']);
// Classes of a table: its colours.
const classes = ['--label-column', 'colour', '--steps', '2'];
const kinds = await trainShort(root, ['cvae', '--data', 'table.csv', ...classes, '--out', 'of-kinds']);

const sample = (...words: readonly string[]) => resultOf(root, ['sample', ...words]);

test('rows of a table are sampled in its own columns and categories, the same in every kind of file', async () => {
  expect(JSON.parse(await sample(table.run, '--count', '50', '-o', 'rows.csv', '--json'))).toEqual({
    output: 'rows.csv',
    samples: 50,
    seed: 0,
  });
  const rows = await readRows(join(root, 'rows.csv'));
  expect(rows).toHaveLength(50);
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(Object.keys(TABLE_COLUMNS));
    expect(row.height).toBeGreaterThan(100);
    expect(row.height).toBeLessThan(250);
    expect(['green', 'blue, pale', 'red']).toContain(row.colour);
    expect(Number.isInteger(row.visits)).toBe(true);
  }
  for (const ending of ['tsv', 'json', 'parquet']) {
    await sample(table.run, '--count', '50', '-o', `rows.${ending}`);
    const others = await readRows(join(root, `rows.${ending}`));
    expect(
      others.map(({ colour }) => colour),
      ending,
    ).toEqual(rows.map(({ colour }) => colour));
    for (const [i, { height, weight }] of others.entries())
      expect(
        [height, weight].map((value) => Math.fround(Number(value))),
        ending,
      ).toEqual([rows[i].height, rows[i].weight].map((value) => Math.fround(Number(value))));
  }
  await sample(table.run, '--count', '50', '-o', 'rows.npz');
  const { x, z } = await readArrays(join(root, 'rows.npz'));
  expect(z.shape).toEqual([50, 3]);
  expect(x.values.filter((_, i) => i % 4 === 0)).toEqual(
    rows.map(({ height }) => Math.fround(Number(height))),
  );
});

test('the same seed draws the same samples, and another seed others', async () => {
  for (const [file, seed] of [
    ['a.npz', '7'],
    ['b.npz', '7'],
    ['c.npz', '8'],
  ])
    await sample(digits.run, '--seed', seed, '--count', '12', '-o', file);
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((file) => readFile(join(root, `${file}.npz`))));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

test('the samples are what the exported decoder makes of their codes', async () => {
  await sample(digits.run, '--count', '9', '-o', 'drawn.npz');
  const { x, z, label } = await readArrays(join(root, 'drawn.npz'));
  expect(x).toMatchObject({ dtype: '|u1', shape: [9, 8, 8, 1] });
  expect(label.values).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
  const exported = await runOnnxFile(join(digits.run, 'model', 'decoder.onnx'), {
    z: { data: Float32Array.from(z.values, Number), shape: [9, 3] },
    label: { data: Int32Array.from(label.values, Number), shape: [9] },
  });
  const differences = exported.x.values.map((value, i) => Math.abs(value - Number(x.values[i])));
  // A level on the border between two may be rounded to either.
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

test('a class is drawn by its name, and stands beside its samples', async () => {
  await sample(kinds.run, '--label', 'blue, pale', '--count', '5', '-o', 'blue.json');
  const rows = await readRows(join(root, 'blue.json'));
  expect(rows.map(({ label }) => label)).toEqual(Array(5).fill('blue, pale'));
  expect(Object.keys(rows[0])).toEqual(['height', 'weight', 'visits', 'label']);
  const wrong = await vaekit(root, ['sample', kinds.run, '--label', 'blue', '-o', 'x.json']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('--label blue: the classes are blue, pale, green, red');
  const vain = await vaekit(root, ['sample', table.run, '--label', 'red']);
  expect(vain.stderr).toContain('--label: vae is not conditioned on classes; leave it out, train a cvae');
});

test('figures go into the run unless a file is named, as PNG or SVG', async () => {
  const own = join(digits.run, 'pictures', 'samples.png');
  const before = await readFile(own);
  expect(JSON.parse(await sample(digits.run, '--count', '6', '--json'))).toEqual({ output: own });
  expect(await readFile(own)).not.toEqual(before);
  expect(await sample(digits.run, '--count', '6', '-o', 'figures/six.svg')).toBe(
    `${join('figures', 'six.svg')}\n`,
  );
  const [png, svg] = await Promise.all(
    [own, join(root, 'figures', 'six.svg')].map((file) => sharp(file).metadata()),
  );
  expect(png).toMatchObject({ format: 'png' });
  expect(svg).toMatchObject({ format: 'svg' });
  // The same figure: PNG is drawn at a whole multiple of the size that SVG gives.
  expect(png.width / svg.width).toBe(png.height / svg.height);
});

test('a table is drawn beside its data, and alone, with a notice, where the data have changed', async () => {
  await sample(table.run, '-o', 'with.png');
  await appendFile(join(root, 'table.csv'), 'row-new,170,70,1,red\n');
  const { code, stderr } = await vaekit(root, ['sample', table.run, '-o', 'without.png']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^drawn without the data to compare with: the data of .* are not what they were/m);
  const [beside, alone] = await Promise.all(
    ['with', 'without'].map((file) => readFile(join(root, `${file}.png`))),
  );
  expect(beside).not.toEqual(alone);
});

test.each([
  [
    'ae',
    ['--data', 'digits.npz'],
    (run: string) => `train a vae, or fit one: vaekit fit-prior ${run} normal`,
  ],
  [
    'pointcloud-ae',
    ['--data', 'primitives', '--size', '30', '--points', '32', '--features', '8', '--hidden', '8'],
    (run: string) => `train it with --posterior gaussian, or fit one: vaekit fit-prior ${run} normal`,
  ],
  [
    'td-vae',
    ['--data', 'table.csv', '--window', '4', '--hidden', '8'],
    (run: string) =>
      `let it go on from what it has seen: vaekit rollout ${run}, or fit one: vaekit fit-prior ${run} normal`,
  ],
] as const)(
  '%s has no prior, and is refused with a way out that leads there',
  async (system, words, wayOut) => {
    const run = `bare-${system}`;
    await resultOf(root, ['train', system, ...words, '--steps', '2', '--out', run]);
    const { code, stdout, stderr } = await vaekit(root, ['sample', run]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `vaekit: ${system} has no prior over its codes, so there is nothing to draw from; ${wayOut(run)}\n`,
    );
    const [, ...fit] = /vaekit (fit-prior .*)$/.exec(wayOut(run))?.[1].split(' ') ?? [];
    await resultOf(root, ['fit-prior', ...fit]);
    await sample(run, '--prior', fit[1], '--count', '4', '-o', `${system}.npz`);
  },
);
