import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compute, pictures, tableOf } from '../conformance/models.js';
import { type Column, type SampleSpec, sequenceOf } from '../data/index.js';
import { input, type Tensor } from '../tensor/index.js';
import { describeData } from './index.js';

const apply = (
  f: (x: Tensor) => Tensor,
  values: number[],
  shape: number[],
  dtype: Tensor['dtype'] = 'float32',
) => compute([f(input('x', shape, dtype))], { values: { x: Float64Array.from(values) } })[0];

/** One stored sample as models see it. */
const seen = (spec: SampleSpec, values: number[]) =>
  apply(describeData(spec, { size: 1 }).toModel, values, [1, ...spec.shape], spec.dtype);
/** Stored values of what a model gives for one sample. */
const stored = (spec: SampleSpec, values: number[]) => {
  const { fromModel, shape } = describeData(spec, { size: 1 });
  return apply(fromModel, values, [1, ...shape]);
};

test('models see the 256 levels of a picture as intensities from 0 to 1', () => {
  const spec = pictures(1, 3, 1);
  expect(seen(spec, [0, 51, 255])).toEqual([0, 0.2, 1].map((v) => expect.closeTo(v, 12)));
});

test('every level of a picture comes back as it was', () => {
  const levels = Array.from({ length: 256 }, (_, i) => i);
  const spec = pictures(16, 16, 1);
  expect(stored(spec, seen(spec, levels))).toEqual(levels);
});

test('intensities between two levels come back as the nearer one, and those out of range as the end of it', () => {
  expect(stored(pictures(1, 4, 1), [0.4 / 255, 0.6 / 255, -3, 7])).toEqual([0, 1, 0, 255]);
});

test('black and white stored as 0 and 1 are intensities already', () => {
  const spec: SampleSpec = { kind: 'image', shape: [1, 2, 1], dtype: 'uint8', range: [0, 1] };
  expect(seen(spec, [0, 1])).toEqual([0, 1]);
  expect(stored(spec, [0.3, 0.7])).toEqual([0, 1]);
});

test('float pictures of any range are intensities to models and come back in their own range', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      fc.double({ min: 0.1, max: 1e3, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (low, width, u) => {
        const spec: SampleSpec = {
          kind: 'image',
          shape: [1, 1, 1],
          dtype: 'float32',
          range: [low, low + width],
        };
        const value = low + u * width;
        const [intensity] = seen(spec, [value]);
        expect(intensity).toBeCloseTo(u, 9);
        expect(stored(spec, [intensity])[0]).toBeCloseTo(value, 8);
      },
    ),
  );
});

const columns: readonly Column[] = [
  { name: 'length', type: 'numeric', mean: 10, deviation: 4 },
  { name: 'visits', type: 'count', mean: 1, deviation: 0.5 },
  { name: 'smoker', type: 'binary', categories: ['no', 'yes'] },
  { name: 'city', type: 'categorical', categories: ['Rome', 'Oslo', 'Lima'] },
  { name: 'grade', type: 'ordinal', categories: ['low', 'mid', 'high', 'top'] },
];

test('models see numbers as standard scores, counts as those of log(1 + x), and classes as ones among zeros', () => {
  expect(seen(tableOf(columns), [18, Math.E ** 2 - 1, 1, 2, 0])).toEqual([
    2,
    expect.closeTo(2, 12),
    1,
    ...[0, 0, 1],
    ...[1, 0, 0, 0],
  ]);
});

test('a row of any values comes back as it was', () => {
  const row = fc.tuple(
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.integer({ min: 0, max: 100_000 }),
    fc.integer({ min: 0, max: 1 }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 3 }),
  );
  fc.assert(
    fc.property(row, (values) => {
      const spec = tableOf(columns);
      const [number, ...whole] = stored(spec, seen(spec, values));
      expect(number).toBeCloseTo(values[0], 9);
      expect(whole).toEqual(values.slice(1));
    }),
  );
});

test('predictions come back as the likeliest class, the nearer of two, and a count of at least 0', () => {
  const model = [-2.5, -40, 0.51, ...[0.2, 0.5, 0.3], ...[0.1, 0.2, 0.3, 0.4]];
  expect(stored(tableOf(columns), model)).toEqual([0, 0, 1, 1, 3]);
});

test('a column without moments is seen as it is stored', () => {
  const spec = tableOf([{ name: 'x', type: 'numeric' }]);
  expect(seen(spec, [3.5])).toEqual([3.5]);
  expect(stored(spec, [3.5])).toEqual([3.5]);
});

test('the shape of a row counts one number per column and one per class', () => {
  expect(describeData(tableOf(columns), { size: 1 }).shape).toEqual([1 + 1 + 1 + 3 + 4]);
});

test('objectives may see grey levels as 0 or 1: by a threshold, or drawn with their intensity, anew in every step', () => {
  const x = input('x', [1, 1, 2000, 1], 'uint8');
  const values = { x: new Uint8Array(2000).fill(51) };
  const observed = (binarise: 'none' | 'dynamic' | 'threshold', step = 0) => {
    const data = describeData(pictures(1, 2000, 1), { size: 1, binarise });
    return compute([data.observe(x)], { values, step })[0];
  };
  expect(observed('none')[7]).toBeCloseTo(0.2, 6);
  expect(new Set(observed('threshold'))).toEqual(new Set([0]));
  const [first, second] = [observed('dynamic', 0), observed('dynamic', 1)];
  expect(new Set(first)).toEqual(new Set([0, 1]));
  expect(first).not.toEqual(second);
  // Mean 0.2 with a standard error of 0.009.
  expect(Math.abs(first.reduce((sum, value) => sum + value, 0) / 2000 - 0.2)).toBeLessThan(0.036);
});

test('every frame of a sequence is seen as it would be by itself, and comes back so', () => {
  const picture = pictures(2, 2, 1);
  const row = tableOf(columns);
  if (picture.kind !== 'image' || row.kind !== 'table') throw new Error('these are frames');
  const levels = Array.from({ length: 12 }, (_, i) => 20 * i);
  const moving = sequenceOf(3, picture);
  expect(describeData(moving, { size: 1 }).shape).toEqual([3, 2, 2, 1]);
  const apart = [0, 4, 8].flatMap((at) => seen(picture, levels.slice(at, at + 4)));
  expect(seen(moving, levels)).toEqual(apart);
  expect(stored(moving, apart)).toEqual(levels);
  const values = [0.5, 3, 1, 2, 1, -4, 0, 0, 0, 3];
  const series = sequenceOf(2, row);
  expect(seen(series, values)).toEqual([...seen(row, values.slice(0, 5)), ...seen(row, values.slice(5))]);
  expect(stored(series, seen(series, values)).map((value) => Number(value.toFixed(6)))).toEqual(values);
  expect(describeData(series, { size: 1 }).frame?.shape).toEqual(describeData(row, { size: 1 }).shape);
});

test('points are seen as they are', () => {
  const spec: SampleSpec = { kind: 'points', shape: [2, 3], dtype: 'float32' };
  const cloud = [0.5, -0.25, 0, 0, 1, 0];
  expect(seen(spec, cloud)).toEqual(cloud);
  expect(stored(spec, cloud)).toEqual(cloud);
  expect(() => describeData(spec, { size: 1, binarise: 'dynamic' })).toThrow(
    'binarise: has no effect on clouds of points; leave it out',
  );
});

test('tables are not binarised', () => {
  expect(() =>
    describeData(tableOf([{ name: 'a', type: 'numeric' }]), { size: 1, binarise: 'dynamic' }),
  ).toThrow('binarise: has no effect on tables; leave it out');
});
