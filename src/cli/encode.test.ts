import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import {
  makePictures,
  makeTable,
  resultOf,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';
import { runOnnxFile } from '../conformance/onnxFile.js';
import { readArrays, readRows } from '../conformance/resultFiles.js';

const root = await temporaryFolder('encode');
await Promise.all([makePictures(join(root, 'pictures')), makeTable(join(root, 'table.csv'))]);
const pictures = await trainShort(root, ['vae', '--data', 'pictures']);
const table = await trainShort(root, ['vae', '--data', 'table.csv', '--out', 'of-table']);
const certain = await trainShort(root, ['ae', '--data', 'table.csv', '--steps', '2', '--out', 'certain']);

const encode = (...words: readonly string[]) => resultOf(root, ['encode', ...words]);
const numbers = (rows: readonly Record<string, unknown>[], prefix: string, width = 3) =>
  rows.flatMap((row) => Array.from({ length: width }, (_, j) => Math.fround(Number(row[`${prefix}${j}`]))));

test('codes are the same in every kind of file, in the order and with the ids of the data', async () => {
  const answer = await encode(pictures.run, '--data', 'pictures', '-o', 'codes.npz', '--json');
  expect(JSON.parse(answer)).toEqual({
    output: 'codes.npz',
    samples: 80,
    code: [3],
    arrays: ['mean', 'logVar', 'label'],
  });
  const { id, mean, logVar, label } = await readArrays(join(root, 'codes.npz'));
  const expected = ['blue', 'orange'].flatMap((name) =>
    Array.from({ length: 40 }, (_, i) => `${name}/${String(i).padStart(3, '0')}.png`),
  );
  expect(id.values).toEqual(expected);
  expect(mean.shape).toEqual([80, 3]);
  expect(label.values).toEqual(expected.map((name) => Number(name.startsWith('orange'))));
  expect(new Set(mean.values).size, 'pictures have codes of their own').toBeGreaterThan(100);
  for (const ending of ['tsv', 'csv', 'parquet', 'json']) {
    const file = `codes.${ending}`;
    expect(await encode(pictures.run, '--data', 'pictures', '-o', file)).toBe(`${file}\n`);
    const rows = await readRows(join(root, file));
    expect(
      rows.map((row) => row.id),
      ending,
    ).toEqual(expected);
    expect(
      rows.map((row) => row.label),
      ending,
    ).toEqual(expected.map((name) => name.split('/')[0]));
    expect(numbers(rows, 'mean'), ending).toEqual(mean.values);
    expect(numbers(rows, 'logVar'), ending).toEqual(logVar.values);
  }
  await encode(pictures.run, '--data', 'pictures', '-o', 'codes.npy');
  expect((await readArrays(join(root, 'codes.npy'))).array).toEqual(mean);
});

test('the codes of two files are those of the exported encoder', async () => {
  const two = ['blue/007.png', 'orange/031.png'];
  for (const name of two) {
    await mkdir(join(root, 'two', name, '..'), { recursive: true });
    await copyFile(join(root, 'pictures', name), join(root, 'two', name));
  }
  await encode(pictures.run, '--data', 'two', '-o', 'two.npz');
  const { id, mean, logVar } = await readArrays(join(root, 'two.npz'));
  expect(id.values).toEqual(two);
  const pixels = await Promise.all(
    two.map((name) =>
      sharp(join(root, 'two', name))
        .raw()
        .toBuffer(),
    ),
  );
  const exported = await runOnnxFile(join(pictures.run, 'model', 'encoder.onnx'), {
    x: { data: new Uint8Array(Buffer.concat(pixels)), shape: [2, 12, 12, 3] },
  });
  // The same float32 operations on another number of threads and in another graph: a few roundings apart.
  for (const [i, value] of mean.values.entries()) expect(value).toBeCloseTo(exported.mean.values[i], 5);
  for (const [i, value] of logVar.values.entries()) expect(value).toBeCloseTo(exported.logVar.values[i], 5);
});

test('without --data, the test part is encoded, with the ids that its rows have in the data', async () => {
  await encode(table.run, '-o', 'test.json');
  await encode(table.run, '--data', 'table.csv', '-o', 'all.json');
  const all = await readRows(join(root, 'all.json'));
  expect(all.map((row) => row.id)).toEqual(Array.from({ length: 120 }, (_, i) => `row-${120 - i}`));
  const part = await readRows(join(root, 'test.json'));
  expect(part).toHaveLength(12);
  for (const row of part) {
    const same = all.filter(({ id }) => id === row.id);
    expect(numbers([row], 'mean')).toEqual(numbers(same, 'mean').map((value) => expect.closeTo(value, 6)));
  }
});

test('a run is named by its folder, by its name in runs/, or as the last', async () => {
  expect(pictures.run).toBe(join(root, 'runs', 'vae-pictures-1'));
  for (const [i, name] of [pictures.run, 'runs/vae-pictures-1', 'vae-pictures-1', 'last'].entries())
    await encode(name, '-o', `named-${i}.npz`);
  const named = await Promise.all([0, 1, 2, 3].map((i) => readArrays(join(root, `named-${i}.npz`))));
  for (const each of named) expect(each).toEqual(named[0]);
  const wrong = await vaekit(root, ['encode', 'vae-picture-1', '-o', 'x.npz']);
  expect(wrong).toEqual({
    code: 2,
    stdout: '',
    stderr: "vaekit: there is no run 'vae-picture-1'; did you mean 'vae-pictures-1'?\n",
  });
});

test('draws are spread about the mean as the log-variance says, and the same for a seed', async () => {
  for (const [file, seed] of [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ])
    await encode(table.run, '--draws', '400', '--seed', String(seed), '-o', `${file}.npz`);
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((file) => readArrays(join(root, `${file}.npz`))));
  expect(a).toEqual(b);
  expect(a.draws.values).not.toEqual(c.draws.values);
  expect(a.draws.shape).toEqual([12, 400, 3]);
  const standardised = a.draws.values.map((value, i) => {
    const at = 3 * Math.floor(i / 1200) + (i % 3);
    return (Number(value) - Number(a.mean.values[at])) / Math.exp(Number(a.logVar.values[at]) / 2);
  });
  const count = standardised.length;
  const mean = standardised.reduce((sum, value) => sum + value / count, 0);
  const variance = standardised.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0);
  // Four standard errors of the mean, and of the variance, of as many standard normal numbers.
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(count));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
});

test('codes made of indices come with these, as whole numbers and columns', async () => {
  const words =
    '--codes 5 --code-dimension 2 --groups 3 --hidden 8 --steps 4 --batch-size 16 --data table.csv --out indexed';
  const { run } = JSON.parse(await resultOf(root, ['train', 'vq-vae', ...words.split(' '), '--json']));
  const answer = JSON.parse(await encode(run, '-o', 'indexed.npz', '--json'));
  expect(answer).toMatchObject({ code: [3, 2], arrays: ['mean', 'indices'] });
  const { indices, mean } = await readArrays(join(root, 'indexed.npz'));
  expect(indices.shape).toEqual([12, 3]);
  expect(mean.shape).toEqual([12, 3, 2]);
  for (const index of indices.values) expect([0, 1, 2, 3, 4]).toContain(index);
  await encode(run, '-o', 'indexed.json');
  const [row] = await readRows(join(root, 'indexed.json'));
  expect([row.indices0, row.indices1, row.indices2]).toEqual(indices.values.slice(0, 3));
  const sampled = JSON.parse(await resultOf(root, ['sample', run, '--count', '3', '-o', 'x.npz', '--json']));
  expect(sampled.prior).toBe('uniform over the indices of codes');
});

test('codes that are certain have no log-variance and no draws', async () => {
  expect(JSON.parse(await encode(certain.run, '-o', 'certain.csv', '--json')).arrays).toEqual(['mean']);
  const drawn = await vaekit(root, ['encode', certain.run, '--draws', '2', '-o', 'x.npz']);
  expect(drawn).toMatchObject({ code: 2, stdout: '' });
  expect(drawn.stderr).toContain('--draws: codes of this run are certain');
});

test.each([
  ['--seed 3', '--seed has no effect without --draws; leave it out'],
  ['--missing drop', '--missing says how to read data, and has no effect without --data; leave it out'],
  ['--image-channels 1', '--image-channels says how to read data, and has no effect without --data'],
])('%s is refused where it has no effect', async (flag, problem) => {
  const { code, stderr } = await vaekit(root, ['encode', table.run, '-o', 'x.npz', ...flag.split(' ')]);
  expect(code).toBe(2);
  expect(stderr).toContain(`vaekit: ${problem}`);
});
