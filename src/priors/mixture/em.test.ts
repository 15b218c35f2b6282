import { describe, expect, test } from 'vitest';
import { cholesky, inverseLower } from '../../data/index.js';
import { RandomStream } from '../../random/index.js';
import {
  type EmOptions,
  expectationMaximisation,
  kMeansPlusPlus,
  logLikelihoods,
  type Points,
  SingularError,
} from './em.js';

const exact: EmOptions = { covariance: 'full', floor: 0, tolerance: 1e-9, iterations: 50 };

function normalPoints(count: number, size: number, seed = 0): Float64Array {
  return Float64Array.from(new RandomStream(seed, 'points').normal(new Float32Array(count * size)));
}

/** Rows mapped by z ↦ A z + b. */
function mapped({ data, count, size }: Points, a: readonly number[], b: readonly number[]): Points {
  const rows = new Float64Array(count * size);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < size; i++) {
      let sum = b[i];
      for (let j = 0; j < size; j++) sum += a[i * size + j] * data[n * size + j];
      rows[n * size + i] = sum;
    }
  return { data: rows, count, size };
}

/** L Lᵀ. */
function square(l: Float64Array, d: number): number[] {
  return Array.from({ length: d * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    return Array.from({ length: d }, (__, k) => l[i * d + k] * l[j * d + k]).reduce((x, y) => x + y);
  });
}

/** Two clouds around (±4, 0), of 300 and 100 points and different shapes. */
function clouds(): Points {
  const data = normalPoints(400, 2);
  for (let n = 0; n < 400; n++) {
    const isRight = n % 4 === 0;
    data[2 * n] = (isRight ? 0.5 : 1) * data[2 * n] + (isRight ? 4 : -4);
    data[2 * n + 1] = (isRight ? 1.5 : 0.7) * data[2 * n + 1];
  }
  return { data, count: 400, size: 2 };
}

test('a Cholesky factor times its transpose is the matrix, its inverse undoes it, and without one there is none', () => {
  const a = Float64Array.of(4, 2, -1, 2, 5, 0.5, -1, 0.5, 3);
  const l = cholesky(a, 3) ?? new Float64Array(9);
  square(l, 3).forEach((value, i) => {
    expect(value).toBeCloseTo(a[i], 12);
  });
  const inverse = inverseLower(l, 3);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) {
      const product = [0, 1, 2].reduce((sum, k) => sum + inverse[i * 3 + k] * l[k * 3 + j], 0);
      expect(product).toBeCloseTo(Number(i === j), 12);
    }
  expect(cholesky(Float64Array.of(1, 2, 2, 4), 2)).toBeUndefined();
});

test('one component is the mean and the covariance of the points, and its likelihood that of this normal', async () => {
  const points = mapped({ data: normalPoints(500, 2), count: 500, size: 2 }, [2, 0.5, -1, 1], [3, -7]);
  const { mixture, history } = await expectationMaximisation(points, 1, new Float64Array(500).fill(1), exact);
  const mean = [0, 1].map(
    (j) =>
      Array.from(points.data)
        .filter((_, i) => i % 2 === j)
        .reduce((a, b) => a + b) / 500,
  );
  const covariance = [0, 0, 0, 0].map((_, at) => {
    let sum = 0;
    for (let n = 0; n < 500; n++)
      sum +=
        (points.data[2 * n + (at >> 1)] - mean[at >> 1]) * (points.data[2 * n + (at & 1)] - mean[at & 1]);
    return sum / 500;
  });
  expect(mixture.means[0]).toBeCloseTo(mean[0], 10);
  expect(mixture.means[1]).toBeCloseTo(mean[1], 10);
  square(mixture.factors[0], 2).forEach((value, i) => {
    expect(value).toBeCloseTo(covariance[i], 10);
  });
  // At its own moments, E log N is −½ (d log 2π + log |S| + d).
  const logDet = Math.log(covariance[0] * covariance[3] - covariance[1] ** 2);
  expect(history.at(-1)).toBeCloseTo(-0.5 * (2 * Math.log(2 * Math.PI) + logDet + 2), 10);
});

describe.each(['full', 'diagonal'] as const)('with %s covariances', (covariance) => {
  test('the likelihood never falls', async () => {
    const points = mapped(clouds(), [1, 0.3, 0, 1], [0, 0]);
    const start = kMeansPlusPlus(points, 4, 3);
    const { history } = await expectationMaximisation(points, 4, start, { ...exact, covariance });
    expect(history.length).toBeGreaterThan(5);
    for (let i = 1; i < history.length; i++)
      expect(history[i]).toBeGreaterThanOrEqual(history[i - 1] - 1e-12);
  });

  test('two separate clouds are found, with their shares', async () => {
    const points = clouds();
    const start = kMeansPlusPlus(points, 2, 0);
    const { mixture } = await expectationMaximisation(points, 2, start, { ...exact, covariance });
    const right = mixture.means[0] > 0 ? 0 : 1;
    const own = Array.from({ length: 400 }, (_, n) => n).filter((n) => n % 4 === 0);
    const mean = (j: number) => own.reduce((sum, n) => sum + points.data[2 * n + j], 0) / own.length;
    expect(mixture.weights[right]).toBeCloseTo(0.25, 6);
    expect(Math.abs(mixture.means[2 * right] - mean(0))).toBeLessThan(1e-2);
    expect(Math.abs(mixture.means[2 * right + 1] - mean(1))).toBeLessThan(1e-2);
  });
});

test('points that are mapped by an affine map have the mapped mixture', async () => {
  const points = clouds();
  const [a, b] = [
    [1, 2, -0.5, 1.5],
    [10, -3],
  ];
  const start = kMeansPlusPlus(points, 3, 1);
  const fixed = { ...exact, tolerance: 0, iterations: 15 };
  const one = await expectationMaximisation(points, 3, start, fixed);
  const other = await expectationMaximisation(mapped(points, a, b), 3, start, fixed);
  const means = mapped({ data: one.mixture.means, count: 3, size: 2 }, a, b).data;
  Array.from(means).forEach((value, i) => {
    expect(other.mixture.means[i]).toBeCloseTo(value, 8);
  });
  const logDet = Math.log(a[0] * a[3] - a[1] * a[2]);
  one.history.forEach((value, i) => {
    expect(other.history[i]).toBeCloseTo(value - logDet, 9);
  });
});

test('a component that no point belongs to finds some', async () => {
  const points = clouds();
  const start = new Float64Array(400 * 3);
  for (let n = 0; n < 400; n++) start[3 * n] = 1;
  const { mixture, history } = await expectationMaximisation(points, 3, start, { ...exact, floor: 1e-6 });
  for (const weight of mixture.weights) expect(weight).toBeGreaterThan(1e-3);
  const [alone] = (
    await expectationMaximisation(points, 1, new Float64Array(400).fill(1), exact)
  ).history.slice(-1);
  expect(history.at(-1)).toBeGreaterThan(alone);
  const each = logLikelihoods(points, mixture);
  expect(each.reduce((x, y) => x + y) / 400).toBeCloseTo(history.at(-1) ?? NaN, 6);
});

test('fewer points than dimensions have no covariance, and that is an error of its own', async () => {
  const points = { data: normalPoints(3, 5), count: 3, size: 5 };
  const fit = expectationMaximisation(points, 1, new Float64Array(3).fill(1), exact);
  await expect(fit).rejects.toThrow(SingularError);
});

test('k-means++ gives every point to one centre, and takes centres from different clouds', () => {
  const start = kMeansPlusPlus(clouds(), 2, 5);
  const owners = Array.from({ length: 400 }, (_, n) => start[2 * n + 1]);
  expect(start.reduce((a, b) => a + b)).toBe(400);
  expect(owners.filter((_, n) => n % 4 === 0).every((owner) => owner === owners[0])).toBe(true);
  expect(owners[1]).not.toBe(owners[0]);
});
