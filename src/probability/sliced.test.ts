import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, randomNormal, type Tensor, Variable } from '../tensor/index.js';
import { slicedDistance, sphereDirections } from './index.js';

const scalar = (y: Tensor, seed = 0) => evaluate([y], { seed })[0][0];
const points = (rows: number[][]) => constant(rows.flat(), 'float32', [rows.length, rows[0].length]);

test('directions have length 1 and favour no axis', () => {
  const count = 20_000;
  const values = evaluate([sphereDirections('projections', count, 3)], { seed: 1 })[0];
  const squares = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const row = [0, 1, 2].map((l) => values[3 * i + l] ** 2);
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    row.forEach((value, l) => {
      squares[l] += value / count;
    });
  }
  // θ_l² has mean 1/3 and variance 4/45; a normalised Cauchy vector would give more to single axes.
  for (const square of squares) expect(Math.abs(square - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / count));
  const fourths = Array.from(values).reduce((sum, value) => sum + value ** 4 / values.length, 0);
  expect(Math.abs(fourths - 1 / 5)).toBeLessThan(0.01);
});

test('the same points in another order are at distance exactly 0, for any p', () => {
  const rows = [
    [0.3, -1],
    [2, 0.5],
    [-0.7, 1.1],
    [0.3, -1],
  ];
  const [a, b] = [points(rows), points([...rows].reverse())];
  for (const p of [1, 2, 3]) expect(scalar(slicedDistance(a, b, { projections: 7, p }))).toBe(0);
});

/** Mean and standard error over seeds. */
function over(seeds: number, value: Tensor): { mean: number; error: number } {
  const values = Array.from({ length: seeds }, (_, seed) => scalar(value, seed));
  const mean = values.reduce((a, b) => a + b) / seeds;
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (seeds - 1);
  return { mean, error: Math.sqrt(variance / seeds) };
}

test('between a cloud and itself moved by μ it is ‖μ‖²/d, and (s − 1)² times the mean square when scaled by s', () => {
  const d = 3;
  const a = randomNormal('a', [50, d]);
  const shifted = over(60, slicedDistance(a.add(constant([1, -2, 0.5])), a, { projections: 40 }));
  expect(Math.abs(shifted.mean - 5.25 / d)).toBeLessThan(4 * shifted.error);
  const scaled = over(60, slicedDistance(a.mul(3), a, { projections: 40 }));
  // The mean square of 50 · 40 projections of N(0, I) is 1 in mean.
  expect(Math.abs(scaled.mean - 4)).toBeLessThan(4 * scaled.error);
});

test('between independent draws of N(μ, I) and N(0, I) it tends to ‖μ‖²/d', () => {
  const mu = constant([2, 0, 0, 0]);
  const distance = slicedDistance(randomNormal('a', [1000, 4]).add(mu), randomNormal('b', [1000, 4]), {
    projections: 100,
  });
  const { mean, error } = over(6, distance);
  // Two finite clouds of one distribution are about log log n / n apart.
  expect(Math.abs(mean - 1)).toBeLessThan(4 * error + 0.02);
});

test('in one dimension it is the Wasserstein distance of the two samples, for every number of projections', () => {
  const [a, b] = [points([[3], [-1], [0.5]]), points([[0], [4], [1]])];
  // Sorted: −1, 0.5, 3 against 0, 1, 4.
  for (const projections of [1, 2, 17]) {
    expect(scalar(slicedDistance(a, b, { projections }))).toBeCloseTo((1 + 0.25 + 1) / 3, 12);
    expect(scalar(slicedDistance(a, b, { projections, p: 1 }))).toBeCloseTo(2.5 / 3, 12);
    expect(scalar(slicedDistance(a, b, { projections, p: 3 }))).toBeCloseTo((1 + 0.125 + 1) / 3, 12);
  }
});

test('the gradient of p = 2 is (2/(LB)) Σ_l θ_l times the difference at each rank', () => {
  const z = new Variable('z', [4, 2], () => []);
  const b = points([
    [1, 0],
    [0, 1],
    [-1, 0.2],
    [0.4, -1],
  ]);
  const values = { z: Float64Array.of(0.1, 0.9, -0.8, 0.3, 1.2, -0.4, 0.6, 0.7) };
  const projections = 3;
  const [slopes, theta] = evaluate(
    [...grad(slicedDistance(z, b, { projections }), [z]), sphereDirections('projections', projections, 2)],
    { values, seed: 4 },
  );
  const along = (rows: ArrayLike<number>, l: number) =>
    [0, 1, 2, 3].map((i) => rows[2 * i] * theta[2 * l] + rows[2 * i + 1] * theta[2 * l + 1]);
  const target = [1, 0, 0, 1, -1, Math.fround(0.2), Math.fround(0.4), -1];
  const expected = new Float64Array(8);
  for (let l = 0; l < projections; l++) {
    const own = along(values.z, l);
    const other = along(target, l).sort((p, q) => p - q);
    const order = [0, 1, 2, 3].sort((p, q) => own[p] - own[q]);
    order.forEach((i, rank) => {
      const slope = (2 / (projections * 4)) * (own[i] - other[rank]);
      expected[2 * i] += slope * theta[2 * l];
      expected[2 * i + 1] += slope * theta[2 * l + 1];
    });
  }
  slopes.forEach((slope, i) => {
    expect(slope).toBeCloseTo(expected[i], 7);
  });
});

test('equal points cost no gradient at odd powers either', () => {
  const z = new Variable('z', [2, 1], () => []);
  const same = points([[1], [2]]);
  const [slope] = grad(slicedDistance(z, same, { projections: 2, p: 3 }), [z]);
  expect(Array.from(evaluate([slope], { values: { z: Float64Array.of(2, 1) } })[0], Math.abs)).toEqual([
    0, 0,
  ]);
});

test('directions are drawn anew at every step', () => {
  const direction = sphereDirections('projections', 1, 2);
  const at = (step: number) => Array.from(evaluate([direction], { seed: 1, step })[0]);
  expect(at(0)).not.toEqual(at(1));
});

test('samples of different sizes are refused', () => {
  expect(() => slicedDistance(points([[1], [2]]), points([[1]]), { projections: 1 })).toThrow(
    'slicedDistance: both samples must be [n, d] with one n and one d; got [2, 1] and [1, 1]',
  );
});
