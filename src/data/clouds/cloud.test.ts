import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasRepeats, normalised, resampled } from './cloud.js';

const radii = (cloud: Float32Array, dimensions: number) =>
  Array.from({ length: cloud.length / dimensions }, (_, i) =>
    Math.hypot(...cloud.subarray(i * dimensions, (i + 1) * dimensions)),
  );
const pointsOf = (cloud: Float32Array, dimensions: number) =>
  Array.from({ length: cloud.length / dimensions }, (_, i) =>
    cloud.subarray(i * dimensions, (i + 1) * dimensions).join(),
  );
const grid = Float32Array.from({ length: 3 * 125 }, (_, i) => Math.floor(i / 3 / 5 ** (i % 3)) % 5);

test('a cloud is centred, and its farthest point lies on the unit sphere, wherever it was and however large', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 60 }),
      fc.integer({ min: -1e6, max: 1e6 }),
      fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      (numbers, shift, scale) => {
        const whole = numbers.slice(0, 3 * Math.floor(numbers.length / 3));
        fc.pre(pointsOf(Float32Array.from(whole), 3).some((point, _, all) => point !== all[0]));
        const cloud = normalised(whole, 3);
        expect(Math.max(...radii(cloud, 3))).toBeCloseTo(1, 6);
        for (const axis of [0, 1, 2]) {
          const sum = cloud.reduce((total, value, i) => (i % 3 === axis ? total + value : total), 0);
          expect(sum).toBeCloseTo(0, 4);
        }
        const moved = normalised(
          whole.map((value) => scale * (value + shift)),
          3,
        );
        moved.forEach((value, i) => {
          expect(value).toBeCloseTo(cloud[i], 5);
        });
      },
    ),
  );
});

test.each([
  [[1, 2, 3], 'it is a single point'],
  [[], 'it has no points'],
  [[1, 2, 3, 1, 2, 3], 'all its points are at one place'],
  [[1e6 + 0.1, 2, 3, 1e6 + 0.1, 2, 3], 'all its points are at one place'],
  [[1, 2, 3, 4, Number.NaN, 6], 'its point 1 has the coordinate NaN'],
  [[Number.POSITIVE_INFINITY, 2, 3, 4, 5, 6], 'its point 0 has the coordinate Infinity'],
])('%j is no cloud', (values, reason) => {
  expect(() => normalised(values, 3)).toThrow(reason);
});

test('a cloud of as many points as wanted stays as it is, in its order', () => {
  expect(resampled(grid, 3, { points: 125, index: 4 })).toBe(grid);
});

test.each(['random', 'farthest'] as const)(
  'fewer points are different points of the cloud, the same for the same sample, by %s',
  (sampling) => {
    const some = resampled(grid, 3, { points: 60, sampling, index: 1 });
    const names = pointsOf(some, 3);
    expect(new Set(names).size).toBe(60);
    for (const name of names) expect(pointsOf(grid, 3)).toContain(name);
    expect(resampled(grid, 3, { points: 60, sampling, index: 1 })).toEqual(some);
    expect(resampled(grid, 3, { points: 60, sampling, index: 2 })).not.toEqual(some);
  },
);

test('more points are all points of the cloud and some again', () => {
  const names = pointsOf(resampled(grid, 3, { points: 200, index: 0 }), 3);
  expect(names.slice(0, 125)).toEqual(pointsOf(grid, 3));
  for (const name of names.slice(125)) expect(names.slice(0, 125)).toContain(name);
});

test('farthest points keep their distance: no two of the 8 corners’ number are neighbours in the grid', () => {
  const cloud = resampled(grid, 3, { points: 8, sampling: 'farthest', index: 0 });
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [cloud.subarray(3 * i, 3 * i + 3), cloud.subarray(3 * j, 3 * j + 3)];
      expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(2);
    }
  }
});

test('every point is drawn equally often', () => {
  const line = Float32Array.from({ length: 20 }, (_, i) => Math.floor(i / 2));
  const counts = new Array<number>(10).fill(0);
  const draws = 2000;
  for (let index = 0; index < draws; index++) {
    const some = resampled(line, 2, { points: 3, index });
    for (let i = 0; i < 3; i++) counts[some[2 * i]]++;
  }
  // Binomial with 2000 draws of probability 0.3: a deviation of 20.
  for (const count of counts) expect(Math.abs(count - 0.3 * draws)).toBeLessThan(90);
});

test('points at the same place are found', () => {
  expect(hasRepeats(grid, 3)).toBe(false);
  expect(hasRepeats([1, 2, 3, 4, 1, 2], 2)).toBe(true);
});
