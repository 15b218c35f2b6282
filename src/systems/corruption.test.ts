import { expect, test } from 'vitest';
import { compute, numericTable, pictures } from '../conformance/models.js';
import { input } from '../tensor/index.js';
import { type CorruptionOptions, corruption, corruptionOptions } from './corruption.js';
import { describeData } from './index.js';

const images = describeData(pictures(5, 4, 3, 'float32'), { size: 10 });
const SIZE = 60;
const ROWS = 6;
/** No value is 0 or 1, so that a changed entry can be told from one that is left. */
const values = Float64Array.from({ length: ROWS * SIZE }, (_, i) => 0.1 + 0.8 * Math.abs(Math.sin(i)));
const x = input('x', [ROWS, 5, 4, 3]);

function spoilt(options: Partial<CorruptionOptions>, step = 0) {
  const { corrupted, chosen } = corruption(images, corruptionOptions.parse(options))(x);
  const [y, mask] = compute([corrupted, chosen.cast('float32')], { values: { x: values }, seed: 3, step });
  const rows = (list: number[]) =>
    Array.from({ length: ROWS }, (_, b) => list.slice(SIZE * b, SIZE * (b + 1)));
  return { y, mask, rows: rows(mask), changed: y.map((value, i) => (value === values[i] ? 0 : 1)) };
}

const count = (row: readonly number[]) => row.reduce((sum, value) => sum + value, 0);

for (const noise of ['masking', 'saltAndPepper'] as const) {
  test(`${noise} changes exactly round(νD) entries of every sample and leaves the others bit for bit`, () => {
    for (const level of [0, 0.01, 0.25, 0.33, 0.5, 0.74, 1]) {
      const { rows, mask, changed } = spoilt({ noise, level });
      expect(rows.map(count)).toEqual(new Array(ROWS).fill(Math.round(level * SIZE)));
      expect(changed).toEqual(mask);
    }
  });
}

test('masked entries become 0 and no other entry is rescaled', () => {
  const { y, mask } = spoilt({ level: 0.4 });
  y.forEach((value, i) => {
    expect(value).toBe(mask[i] === 1 ? 0 : values[i]);
  });
});

test('salt and pepper come in equal parts', () => {
  const { y, mask } = spoilt({ noise: 'saltAndPepper', level: 1 });
  expect(count(mask)).toBe(ROWS * SIZE);
  expect(y.every((value) => value === 0 || value === 1)).toBe(true);
  // 360 fair coins: 4 deviations are 38.
  expect(Math.abs(count(y) - 180)).toBeLessThan(38);
});

test('every sample has places of its own, and other ones at the next step', () => {
  const { rows } = spoilt({});
  expect(new Set(rows.map(String)).size).toBe(ROWS);
  expect(spoilt({}, 1).rows).not.toEqual(rows);
});

test('every place is chosen equally often', () => {
  const totals = new Array(SIZE).fill(0);
  for (let step = 0; step < 50; step++) {
    for (const row of spoilt({}, step).rows) {
      row.forEach((value, i) => {
        totals[i] += value;
      });
    }
  }
  // 300 draws with probability ¼: deviation 7.5.
  for (const total of totals) expect(Math.abs(total - 75)).toBeLessThan(4 * 7.5);
});

test('perPixel spoils all channels of a pixel, and exactly the share of pixels', () => {
  for (const noise of ['masking', 'saltAndPepper'] as const) {
    const { y, mask } = spoilt({ noise, perPixel: true, level: 0.3 });
    for (let pixel = 0; pixel < mask.length; pixel += 3) {
      expect(new Set(mask.slice(pixel, pixel + 3)).size).toBe(1);
      if (mask[pixel] === 1) expect(new Set(y.slice(pixel, pixel + 3)).size).toBe(1);
    }
    expect(count(mask)).toBe(ROWS * 6 * 3);
  }
});

test('with independent, the share is met in mean only', () => {
  const { rows } = spoilt({ independent: true });
  const counts = rows.map(count);
  expect(new Set(counts).size).toBeGreaterThan(1);
  // 360 entries with probability ¼: deviation 8.2.
  expect(Math.abs(count(counts) - 90)).toBeLessThan(4 * 8.3);
});

test('gaussian noise has deviation σ, reaches every entry and is not clipped', () => {
  const { y, mask } = spoilt({ noise: 'gaussian', level: 0.5 });
  expect(count(mask)).toBe(ROWS * SIZE);
  const squares = y.map((value, i) => (value - values[i]) ** 2);
  // Mean of 360 squares, deviation σ² √(2/360).
  expect(Math.abs(count(squares) / 360 - 0.25)).toBeLessThan(4 * 0.25 * Math.sqrt(2 / 360));
  expect(Math.min(...y)).toBeLessThan(0);
  expect(spoilt({ noise: 'gaussian', level: 0 }).y).toEqual(Array.from(values));
});

test('noise that the data or the other options leave no place for is refused', () => {
  const table = describeData(numericTable(3), { size: 10 });
  const refused = (data: typeof table, given: Record<string, unknown>, message: string) =>
    expect(() => corruption(data, corruptionOptions.parse(given))).toThrow(message);
  refused(images, { level: 1.5 }, 'level: is a share of the entries with masking noise; 1.5 is more than 1');
  refused(images, { noise: 'gaussian', independent: true }, 'independent: has no effect with gaussian noise');
  refused(table, { perPixel: true }, 'perPixel: is for pictures; tables have no pixels, leave it out');
  refused(table, { noise: 'saltAndPepper' }, 'noise: saltAndPepper sets values to the ends of their range');
});
