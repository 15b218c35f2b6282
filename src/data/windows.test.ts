import { expect, test } from 'vitest';
import { bytesInMemory, fromTable, openDataFile, splitDataset, windowed } from './index.js';

/** Rows (i, 10 i). */
const counting = (rows: number) =>
  fromTable(
    Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 1 : 10) * Math.floor(i / 2)),
    ['a', 'b'],
    { name: 'counting' },
  );

test('a window is rows that follow one another, and windows start a stride apart', async () => {
  const data = windowed(counting(100), { window: 4, stride: 3 });
  expect(data.spec).toMatchObject({ kind: 'sequence', shape: [4, 2], frame: { kind: 'table' } });
  const { x } = await data.read([2, 0]);
  expect([...x]).toEqual([6, 60, 7, 70, 8, 80, 9, 90, 0, 0, 1, 10, 2, 20, 3, 30]);
  expect(data.idOf(2)).toBe('6');
});

test.each([
  [100, 4, 1],
  [100, 4, 3],
  [57, 7, 2],
  [1000, 48, 48],
])(
  'of %i rows, windows of %i with stride %i share no row with a window of another part',
  async (rows, window, stride) => {
    const data = windowed(counting(rows), { window, stride });
    const { train, validation, test: held } = splitDataset(data);
    expect(train.size + validation.size + held.size).toBe(data.size);
    const spans: [number, number][] = [];
    for (const part of [train, validation, held]) {
      const { x } = await data.read(Array.from({ length: part.size }, (_, i) => part.at(i)));
      const times = Array.from(x).filter((_, i) => i % 2 === 0);
      spans.push([Math.min(...times), Math.max(...times)]);
    }
    expect(spans[0][0]).toBe(0);
    expect(spans[1][0]).toBeGreaterThan(spans[0][1]);
    expect(spans[2][0]).toBeGreaterThan(spans[1][1]);
    // Nothing but what does not fill a window is left out at the end.
    expect(rows - 1 - spans[2][1]).toBeLessThan(stride);
  },
);

test('rows that hold no three windows apart are refused, and so are windows of one row', () => {
  expect(() => windowed(counting(11), { window: 4 })).toThrow(
    'counting: 11 rows do not hold windows of 4 for training, validation and testing that share no row; take a shorter window',
  );
  expect(() => windowed(counting(100), { window: 1 })).toThrow(
    'counting: the option window is a whole number from 2 on, not 1',
  );
  expect(windowed(counting(13), { window: 4 }).size).toBe(4);
});

const csv = (rows: number, missing = '') =>
  bytesInMemory(
    'load.csv',
    new TextEncoder().encode(
      `date,load,class\n${Array.from({ length: rows }, (_, i) => `2020-01-${i},${i === 5 ? missing || i : i},${i % 2 ? 'a' : 'b'}\n`).join('')}`,
    ),
  );

test('a table is read as windows with the option window, without its dates and classes', async () => {
  const data = await openDataFile(csv(60), { name: 'load' }, { window: 5 });
  expect(data.spec.shape).toEqual([5, 1]);
  expect(data.classes).toBeUndefined();
  expect(data.notices).toContain('rows of a window may differ in class, so classes are left out');
  const like = await openDataFile(csv(40), { name: 'load' }, { like: data });
  expect(like.spec.shape).toEqual([5, 1]);
});

test('rows are not left out of a time that goes on, and a stride without windows is refused', async () => {
  await expect(openDataFile(csv(60, 'NA'), { name: 'load' }, { window: 5, missing: 'drop' })).rejects.toThrow(
    'load.csv: missing=drop would make neighbours of rows that are none',
  );
  await expect(openDataFile(csv(60), { name: 'load' }, { stride: 5 })).rejects.toThrow(
    'load.csv: the option stride has no effect without window; leave it out',
  );
});
