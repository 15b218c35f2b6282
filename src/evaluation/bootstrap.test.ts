import { expect, test } from 'vitest';
import { RandomStream } from '../random/index.js';
import { bootstrap, quantile } from './bootstrap.js';

const values = new RandomStream(1, 'values').normal(new Float32Array(400));
const mean = (times: ArrayLike<number>) =>
  values.reduce((sum, value, n) => sum + times[n] * value, 0) / values.length;

test('of a mean it agrees with σ/√n, and its interval with ±1.96 of that', () => {
  const own = mean(new Uint32Array(400).fill(1));
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - own) ** 2, 0) / 399);
  const found = bootstrap(400, mean, { seed: 3, resamples: 4000 });
  // The deviation of 4000 numbers is known to about 1/√8000.
  expect(found?.standardError).toBeGreaterThan((0.95 * deviation) / 20);
  expect(found?.standardError).toBeLessThan((1.05 * deviation) / 20);
  expect(found?.interval[0]).toBeCloseTo(own - (1.96 * deviation) / 20, 2);
  expect(found?.interval[1]).toBeCloseTo(own + (1.96 * deviation) / 20, 2);
});

test('every resample has as many samples, the same ones for a seed', () => {
  const sizes = new Set<number>();
  const first: number[] = [];
  const count = (times: Uint32Array) => {
    sizes.add(times.reduce((sum, n) => sum + n, 0));
    first.push(times[0]);
    return 1;
  };
  bootstrap(50, count, { seed: 1, resamples: 30 });
  bootstrap(50, count, { seed: 1, resamples: 30 });
  expect([...sizes]).toEqual([50]);
  expect(first.slice(0, 30)).toEqual(first.slice(30));
  expect(new Set(first).size).toBeGreaterThan(1);
});

test('resamples on which the number is not defined are left out', () => {
  const isFirstIn = (times: Uint32Array) => (times[0] > 0 ? 7 : Number.NaN);
  expect(bootstrap(10, isFirstIn)).toEqual({ standardError: 0, interval: [7, 7] });
  expect(bootstrap(10, () => Number.NaN)).toBeUndefined();
});

test('a quantile lies between the values around it', () => {
  expect([0, 0.25, 0.3, 1].map((p) => quantile([1, 2, 4, 8, 16], p))).toEqual([
    1,
    2,
    expect.closeTo(2.4, 12),
    16,
  ]);
});
