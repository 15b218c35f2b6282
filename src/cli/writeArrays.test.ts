import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../conformance/commandLine.js';
import { readArrays, readRows } from '../conformance/resultFiles.js';
import type { TableSpec } from '../data/index.js';
import { requireArrayEnding, writeArrays, writeSamples } from './writeArrays.js';

const root = await temporaryFolder('arrays');

const ids = ['plain', 'with, comma', 'with "quotes"', 'two\nlines', 'tab\there', 'größe 🙂'];
const codes = Float32Array.from([0.1, -0, 1e-30, 123456.789, 1 / 3, 16777216, -2.5, 3e38, 0, 7, 8, 9]);
const arrays = [
  { name: 'mean', data: codes, shape: [6, 2] },
  { name: 'draws', data: Float32Array.from({ length: 24 }, (_, i) => i / 7), shape: [6, 2, 2] },
  { name: 'label', data: Int32Array.of(0, 1, 2, 0, 1, 2), shape: [6] },
];

test.each(['.csv', '.tsv', '.json', '.parquet'])(
  'ids and float32 numbers come back unchanged out of %s',
  async (ending) => {
    const path = join(root, `all${ending}`);
    await writeArrays(path, arrays, ids);
    const rows = await readRows(path);
    expect(rows.map((row) => row.id)).toEqual(ids);
    expect(rows.flatMap((row) => [row.mean0, row.mean1].map((cell) => Math.fround(Number(cell))))).toEqual(
      Array.from(codes, (value) => value + 0),
    );
    expect(rows.map((row) => row.label)).toEqual([0, 1, 2, 0, 1, 2]);
    // Columns of more than one axis are named by their place on each.
    expect(Object.keys(rows[0])).toEqual([
      'id',
      'mean0',
      'mean1',
      'draws0_0',
      'draws0_1',
      'draws1_0',
      'draws1_1',
      'label',
    ]);
    expect(Number(rows[1].draws1_0)).toBeCloseTo(6 / 7, 7);
  },
);

test('NPZ keeps shapes and element types, and ids as words', async () => {
  const path = join(root, 'all.npz');
  await writeArrays(path, arrays, ids);
  const read = await readArrays(path);
  expect(read.id).toMatchObject({ shape: [6], values: ids });
  expect(read.mean).toEqual({ dtype: '<f4', shape: [6, 2], values: Array.from(codes) });
  expect(read.draws.shape).toEqual([6, 2, 2]);
  expect(read.label).toEqual({ dtype: '<i4', shape: [6], values: [0, 1, 2, 0, 1, 2] });
});

test('NPY holds the first array alone', async () => {
  const path = join(root, 'first.npy');
  await writeArrays(path, arrays, ids);
  expect(await readArrays(path)).toEqual({
    array: { dtype: '<f4', shape: [6, 2], values: Array.from(codes) },
  });
});

const table: TableSpec = {
  kind: 'table',
  dtype: 'float32',
  shape: [2],
  columns: [
    { name: 'length, cm', type: 'numeric' },
    { name: 'colour', type: 'categorical', categories: ['red', 'blue; pale'] },
  ],
};

test.each(['.csv', '.tsv', '.json', '.parquet'])(
  'rows in %s have the categories of the table, and the class by name',
  async (ending) => {
    const path = join(root, `rows${ending}`);
    await writeSamples(path, table, Float32Array.of(1.5, 1, 0.1, 0), {
      labels: Int32Array.of(1, 0),
      classes: ['cat', 'dog'],
    });
    expect(await readRows(path)).toEqual([
      { 'length, cm': expect.closeTo(1.5, 7), colour: 'blue; pale', label: 'dog' },
      { 'length, cm': expect.closeTo(0.1, 7), colour: 'red', label: 'cat' },
    ]);
  },
);

test('a file of no known kind is refused, in whatever letters its ending is', async () => {
  expect(() => requireArrayEnding('codes.xls')).toThrow(
    '--output codes.xls: end the name with one of .npz, .npy, .tsv, .csv, .parquet, .json',
  );
  expect(() => requireArrayEnding('codes')).toThrow('--output codes: end the name with one of');
  expect(() => requireArrayEnding('CODES.NPZ')).not.toThrow();
});

test('folders above a file are made', async () => {
  const path = join(root, 'a', 'b', 'c.json');
  await writeArrays(path, arrays);
  expect(existsSync(path)).toBe(true);
});
