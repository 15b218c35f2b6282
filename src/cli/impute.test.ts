/** The verb impute: rows with empty cells, pictures with holes, arrays with NaN. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  makeArrays,
  makeTable,
  resultOf,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';
import { readArrays, readRows } from '../conformance/resultFiles.js';
import { encodeNpz } from '../data/index.js';

const root = await temporaryFolder('impute');
await Promise.all([
  makeTable(join(root, 'table.csv')),
  makeArrays(join(root, 'digits.npz')),
  writeFile(
    join(root, 'floats.npz'),
    encodeNpz({
      x: { values: Float32Array.from({ length: 60 * 16 }, (_, i) => ((i * 7) % 11) / 10), shape: [60, 4, 4] },
    }),
  ),
]);
const longer = [
  '--steps',
  '1500',
  '--evaluate-every',
  '75',
  '--batch-size',
  '32',
  '--hidden',
  '32',
  '--latent',
  '2',
];
await trainShort(root, ['vae', '--data', 'table.csv', ...longer, '--out', 'table']);
await trainShort(root, [
  'vae',
  '--data',
  'digits.npz',
  '--steps',
  '300',
  '--evaluate-every',
  '30',
  '--out',
  'digits',
]);
await trainShort(root, ['vae', '--data', 'floats.npz', '--out', 'floats']);
await trainShort(root, ['ae', '--data', 'digits.npz', '--steps', '2', '--out', 'ae']);

const lines = (await readFile(join(root, 'table.csv'), 'utf8')).trimEnd().split('\n');

test('empty cells of a table are filled in, the others stay, and every version is told apart', async () => {
  const holed = lines.slice(0, 9).map((line, i) => {
    if (i === 0 || i > 6) return line;
    // Every column in turn, by its place behind the id; the last may hold a comma.
    const [id, height, weight, visits, ...colour] = line.split(',');
    const cells = [height, weight, visits, colour.join(',')].map((cell, j) => (j === i % 4 ? '' : cell));
    return [id, ...cells].join(',');
  });
  await writeFile(join(root, 'holes.csv'), `${holed.join('\n')}\n`);
  const words = ['impute', 'table', '--data', 'holes.csv', '--draws', '3', '-o', 'filled.csv', '--json'];
  const told = JSON.parse(await resultOf(root, words));
  expect(told).toMatchObject({ output: 'filled.csv', samples: 8, missing: 6, errors: [] });
  expect(told.effectiveSamples).toBeGreaterThan(5);
  const [given, filled] = [await readRows(join(root, 'holes.csv')), await readRows(join(root, 'filled.csv'))];
  expect(filled.map(({ id, version }) => `${id} ${version}`)).toEqual(
    given.flatMap(({ id }) => ['mean', '1', '2', '3'].map((version) => `${id} ${version}`)),
  );
  for (const [i, row] of filled.entries())
    for (const [name, cell] of Object.entries(given[Math.floor(i / 4)])) {
      if (cell !== '') expect(Number(row[name]) || row[name]).toEqual(Number(cell) || cell);
      else if (name === 'colour') expect(['green', 'blue, pale', 'red']).toContain(row[name]);
      else if (name === 'visits') expect(Number.isInteger(Number(row[name]))).toBe(true);
      else expect(Number(row[name])).toBeGreaterThan(50);
    }
  const drawn = filled.filter(({ id, version }) => id === given[0].id && version !== 'mean');
  expect(new Set(drawn.map(({ weight }) => weight)).size).toBe(3);
});

test('where the truth is known it is told how far from it the mean is, column by column', async () => {
  const words = ['impute', 'table', '--data', 'table.csv', '--hide', 'weight', '-o', 'found.csv', '--json'];
  const { errors, missing } = JSON.parse(await resultOf(root, words));
  expect(missing).toBe(120);
  const [{ value, baseline, ...weight }] = errors;
  expect(weight).toEqual({ column: 'weight', missing: 120, kind: 'rmse' });
  // The deviation of weight is 0.8 · 10 and 4 together, 8.9; height tells all of it but 4.
  expect(baseline).toBeGreaterThan(7.5);
  expect(value).toBeLessThan(6);
  const random = ['impute', 'table', '--data', 'table.csv', '--hide', 'random=0.3', '-o', 'found.csv'];
  const rows = (await resultOf(root, random)).split('\n').map((line) => line.split(/ {2,}/));
  expect(rows[0]).toEqual(['column', 'missing', 'error', 'of its mean', 'measured as']);
  expect(rows.slice(1, 5).map(([column]) => column)).toEqual(['height', 'weight', 'visits', 'colour']);
  expect(rows[5][0]).toMatch(/^effective samples of 500: \d/);
});

test.each(['importance', 'gibbs', 'metropolis'])('half a picture is found by %s', async (method) => {
  const words = ['impute', 'digits', '--hide', 'half', '--method', method, '--samples', '60', '--json'];
  const { output, errors, missing, ...quality } = JSON.parse(await resultOf(root, words));
  expect(output).toBe(join(root, 'digits/pictures/imputations.png'));
  expect([...(await readFile(output)).subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  expect(missing).toBe(10 * 32);
  // Halves are as bright as the upper half says, 0.31 apart, with noise of deviation 0.07.
  expect(errors[0]).toMatchObject({ missing: 320, kind: 'rmse' });
  expect(errors[0].value).toBeLessThan(0.25);
  const told = { importance: 'effectiveSamples', metropolis: 'acceptance' }[method];
  expect(Object.keys(quality)).toEqual(['samples', ...(told ? [told] : [])]);
});

test('pictures go into arrays with all draws, and what was seen of them', async () => {
  const words = ['impute', 'digits', '--hide', 'box', '--count', '4', '--draws', '2', '-o', 'box.npz'];
  await resultOf(root, words);
  const { x, draws, observed, effectiveSamples, label } = await readArrays(join(root, 'box.npz'));
  expect([x.shape, draws.shape, observed.shape]).toEqual([
    [4, 8, 8, 1],
    [4, 2, 8, 8, 1],
    [4, 8, 8, 1],
  ]);
  expect([x.dtype, effectiveSamples.shape, label.shape]).toEqual(['|u1', [4], [4]]);
  expect(observed.values.filter((mark) => mark === 0).length).toBe(4 * 16);
  observed.values.forEach((mark, i) => {
    if (mark === 1) expect(draws.values[Math.floor(i / 64) * 128 + (i % 64)]).toBe(x.values[i]);
  });
});

test('NaN in an array is missing', async () => {
  const values = Float32Array.from({ length: 3 * 16 }, (_, i) => (i % 5 === 2 ? Number.NaN : (i % 10) / 10));
  await writeFile(join(root, 'nan.npz'), encodeNpz({ x: { values, shape: [3, 4, 4] } }));
  await resultOf(root, ['impute', 'floats', '--data', 'nan.npz', '-o', 'whole.npz']);
  const { x } = await readArrays(join(root, 'whole.npz'));
  x.values.forEach((value, i) => {
    expect(Number.isFinite(value)).toBe(true);
    if (i % 5 !== 2) expect(value).toBe(values[i]);
  });
  const { code, stderr } = await vaekit(root, ['reconstruct', 'floats', '--data', 'nan.npz']);
  expect(code).toBe(2);
  expect(stderr).toContain('sample 0 has the value NaN; remove or mend the sample');
});

test.each([
  [
    'ae --hide half',
    'ae has no posterior over codes, so there is nothing to draw what is missing from; train a vae',
  ],
  ['digits', 'nothing is missing in digits; leave cells empty or NaN, or make holes with --hide'],
  [
    'digits --hide random=2',
    '--hide random=2: the share to hide is a number above 0 and up to 1, as in random=0.5',
  ],
  [
    'digits --hide weight',
    "pictures of 8×8×1, uint8 have no column 'weight' to hide; they have half, box and random=SHARE",
  ],
  [
    'table --hide size -o a.csv',
    "there is no column 'size' to hide; there are height, weight, visits, colour",
  ],
  ['table --hide half -o a.csv', 'rows of 4 columns have no half to hide'],
  [
    'table --hide weight',
    'impute draws pictures, and table is of none; name a file to use with -o, such as imputed.csv',
  ],
  [
    'table --data holes.csv --missing drop -o a.csv',
    '--missing: impute keeps cells that are missing to fill them in; leave it out',
  ],
])('vaekit impute %s is refused', async (typed, problem) => {
  const { code, stdout, stderr } = await vaekit(root, ['impute', ...typed.split(' ')]);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `vaekit: ${problem}\n` });
});
