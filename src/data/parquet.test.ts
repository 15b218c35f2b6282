import { gzipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { bytesInMemory } from './bytes.js';
import { DataError } from './dataset.js';
import { type FileOptions, openDataFile } from './openFile.js';

type Written = Parameters<typeof parquetWriteBuffer>[0];

const file = (columnData: Written['columnData'], options: Partial<Written> = {}) =>
  new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
const open = (bytes: Uint8Array, options: FileOptions = {}) =>
  openDataFile(bytesInMemory('t.parquet', bytes), { name: 't' }, options);

const rows = {
  a: [0.5, 1.5, 2.5, 3.5],
  zip: ['01', '02', '01', '03'],
  good: [true, false, true, true],
  n: [5n, 0n, 2n, 2n],
  label: ['x', 'y', 'x', 'y'],
};
const columns: Written['columnData'] = Object.entries(rows).map(([name, data]) => ({ name, data }));

test.each([
  ['in one group', {}],
  ['in groups of two rows', { rowGroupSize: 2 }],
  ['packed with gzip', { codec: 'GZIP', compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) } }],
  ['unpacked', { codec: 'UNCOMPRESSED' }],
] as [string, Partial<Written>][])(
  'a table %s is read, with types as for CSV, but text stays text',
  async (_, options) => {
    const data = await open(file(columns, options));
    expect(data.spec).toMatchObject({
      columns: [
        { name: 'a', type: 'numeric' },
        { name: 'zip', type: 'categorical', categories: ['01', '02', '03'] },
        { name: 'good', type: 'binary', categories: ['false', 'true'] },
        { name: 'n', type: 'count' },
      ],
    });
    expect(data.classes).toEqual(['x', 'y']);
    const { x, labels } = await data.read([0, 1, 2, 3]);
    expect([...x]).toEqual([0.5, 0, 1, 5, 1.5, 1, 0, 0, 2.5, 0, 1, 2, 3.5, 2, 1, 2]);
    expect([...(labels ?? [])]).toEqual([0, 1, 0, 1]);
  },
);

test('dates are left out, and whole numbers too large for a number are text', async () => {
  const day = new Date('2020-01-02T03:04:05Z');
  const data = await open(
    file([
      { name: 'a', data: [1, 2, 3] },
      { name: 'day', data: [day, day, day] },
      { name: 'big', data: [2n ** 60n, 2n ** 60n + 1n, 5n] },
    ]),
  );
  expect(data.notices).toContain("column 'day' is left out: it holds dates");
});

test.each<[string, Uint8Array, string]>([
  [
    'a missing value',
    file([{ name: 'a', data: [1.5, null, 2.5] }]),
    "t.parquet, row 2, column 'a': the cell is missing; missing cells by column: a 1; keep such rows with missing=mask, leave them out with missing=drop, or fill them in",
  ],
  [
    'NaN, which data frames write for missing values,',
    file([{ name: 'a', data: [1.5, Number.NaN, 2.5] }]),
    "t.parquet, row 2, column 'a': the cell is missing; missing cells by column: a 1; keep such rows with missing=mask, leave them out with missing=drop, or fill them in",
  ],
  [
    'a nested value',
    file([{ name: 'a', data: [{ b: 1 }], type: 'JSON' }]),
    "t.parquet, row 1, column 'a': is neither a number nor a word; leave the column out when writing the file",
  ],
  [
    'an unknown codec',
    file([{ name: 'a', data: [1, 2] }], { codec: 'ZSTD', compressors: { ZSTD: (bytes) => bytes } }),
    't.parquet: is packed with ZSTD, which cannot be read here; write it with compression snappy',
  ],
])('%s is refused in words', async (_, bytes, message) => {
  await expect(open(bytes)).rejects.toThrow(new DataError(message));
});

test('a file cut short anywhere is refused in words', async () => {
  const whole = file(columns);
  for (let length = 0; length < whole.length; length++) {
    await expect(open(whole.subarray(0, length))).rejects.toThrow(DataError);
  }
});
