import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, logSoftmax, type Tensor } from '../tensor/index.js';
import { DiagonalNormal, kl, OneHotCategorical, Product, RelaxedOneHot, UniformOneHot } from './index.js';

const valuesOf = (y: Tensor, options = {}) => Array.from(evaluate([y], options)[0]);
const PROBS = [0.5, 0.3, 0.15, 0.05];
const K = PROBS.length;
const logits = (rows: number) => constant(PROBS.map(Math.log), 'float32', [1, K]).broadcastTo([rows, K]);

/** Of vectors [rows, K], how often each place holds the largest number. */
function largest(vectors: readonly number[]): number[] {
  const counts = new Array(K).fill(0);
  for (let row = 0; row < vectors.length; row += K) {
    const part = vectors.slice(row, row + K);
    counts[part.indexOf(Math.max(...part))]++;
  }
  return counts;
}

/** Σ (n − e)² / e, which for three degrees of freedom passes 16.3 once in a thousand times. */
function chiSquare(counts: readonly number[], probs: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, k) => sum + (count - total * probs[k]) ** 2 / (total * probs[k]), 0);
}

test('at every temperature the largest number is as often at each place as the probabilities say', () => {
  const rows = 100_000;
  const hard = largest(valuesOf(new OneHotCategorical(logits(rows)).sample()));
  expect(chiSquare(hard, PROBS)).toBeLessThan(16.3);
  for (const temperature of [0.1, 1, 10])
    expect(largest(valuesOf(new RelaxedOneHot(logits(rows), temperature).rsample()))).toEqual(hard);
});

test('draws go to corners as the temperature falls and to the middle as it rises, their corner staying', () => {
  const corners = valuesOf(new OneHotCategorical(logits(200)).sample());
  const at = (temperature: number) => {
    const relaxed = new RelaxedOneHot(logits(200), temperature);
    expect(valuesOf(relaxed.rsampleHard())).toEqual(corners);
    return valuesOf(relaxed.rsample());
  };
  const distance = (draws: readonly number[], to: (i: number) => number) =>
    Math.max(...draws.map((value, i) => Math.abs(value - to(i))));
  expect(distance(at(1e-4), (i) => corners[i])).toBeLessThan(1e-3);
  expect(distance(at(1e5), () => 1 / K)).toBeLessThan(1e-3);
});

test('the KL from uniform is 0.2967937 for [.7, .2, .1], 0 for equal logits, log K for one that is certain', () => {
  const from = (row: readonly number[]) => {
    const q = new OneHotCategorical(constant(row, 'float32', [1, row.length]));
    const [value] = valuesOf(kl(q, new UniformOneHot([1, row.length])));
    return value;
  };
  expect(from([0.7, 0.2, 0.1].map(Math.log))).toBeCloseTo(0.2967937, 7);
  expect(from([3, 3, 3])).toBeCloseTo(0, 12);
  for (const size of [1e4, -1e4]) {
    const certain = [0, size, 0, 0];
    expect(from(certain)).toBeCloseTo(size > 0 ? Math.log(4) : Math.log(4 / 3), 12);
  }
});

test('a hard draw is a corner exactly, and its gradient is that of the soft one', () => {
  const free = constant([0.3, -1, 0.7, 0.2, 0.1, 2], 'float32', [2, 3]);
  const weights = constant([1, -2, 3, 0.5, 1, -1], 'float32', [2, 3]);
  const relaxed = new RelaxedOneHot(free, 0.7);
  const [hard, soft] = [relaxed.rsampleHard(), relaxed.rsample()];
  for (const value of valuesOf(hard)) expect([0, 1]).toContain(value);
  const slope = (y: Tensor) => valuesOf(grad(y.mul(weights).sum(), [free])[0]);
  slope(hard).forEach((value, i) => {
    expect(value).toBeCloseTo(slope(soft)[i], 12);
  });
  expect(slope(soft).some((value) => Math.abs(value) > 0.01)).toBe(true);
});

test('the relaxed density of two categories is a density: its integral over all draws is 1', () => {
  // With y = σ(u) and dy = y (1 − y) du, the density of log y by u is that of y divided by Jacobians that cancel.
  const count = 4001;
  const u = Array.from({ length: count }, (_, i) => (40 * i) / (count - 1) - 20);
  const logY = logSoftmax(
    constant(
      u.flatMap((each) => [each, 0]),
      'float32',
      [count, 2],
    ),
  );
  for (const temperature of [0.5, 1, 2]) {
    const q = new RelaxedOneHot(
      constant([0.4, -0.3], 'float32', [1, 2]).broadcastTo([count, 2]),
      temperature,
    );
    const density = valuesOf(q.logProb(logY)).map(Math.exp);
    const integral = density.reduce((sum, value) => sum + value, 0) * (40 / (count - 1));
    expect(integral).toBeCloseTo(1, 3);
  }
});

test('a uniform prior draws all categories equally often, of one normal number each', () => {
  const p = new UniformOneHot([20_000, 2, K]);
  const draws = valuesOf(p.sample());
  expect(chiSquare(largest(draws), [0.25, 0.25, 0.25, 0.25])).toBeLessThan(16.3);
  expect(p.sample({ draws: 3 }).shape).toEqual([3, 20_000, 2, K]);
});

test('log-probabilities of all vectors are those of their categories', () => {
  const q = new OneHotCategorical(logits(K));
  const corners = constant(
    Array.from({ length: K * K }, (_, i) => Number(i % K === Math.floor(i / K))),
    'float32',
    [K, K],
  );
  valuesOf(q.logProb(corners)).forEach((value, k) => {
    expect(value).toBeCloseTo(Math.log(PROBS[k]), 6);
  });
  expect(valuesOf(q.mode).slice(0, K)).toEqual([1, 0, 0, 0]);
});

test('in a product, log-probabilities and divergences add up and draws are independent', () => {
  const rows = 5000;
  const normal = DiagonalNormal.standard([rows, 2]);
  const q = new Product([normal, new OneHotCategorical(logits(rows)), new OneHotCategorical(logits(rows))]);
  const p = new Product([normal, new UniformOneHot([rows, K]), new UniformOneHot([rows, K])]);
  const draw = q.sample();
  expect(draw.shape).toEqual([rows, 2 + 2 * K]);
  const parts = q.split(draw);
  const [whole, ...each] = evaluate([q.logProb(draw), ...q.parts.map((part, i) => part.logProb(parts[i]))]);
  whole.slice(0, 20).forEach((value, i) => {
    expect(value).toBeCloseTo(each[0][i] + each[1][i] + each[2][i], 10);
  });
  const [divergence] = valuesOf(kl(q, p));
  expect(divergence).toBeCloseTo(2 * PROBS.reduce((sum, prob) => sum + prob * Math.log(prob * K), 0), 6);
  const [one, other] = [valuesOf(parts[1]), valuesOf(parts[2])];
  const both = Array.from({ length: rows }, (_, i) => one[i * K] * other[i * K]).reduce((a, b) => a + b);
  expect(Math.abs(both / rows - 0.25)).toBeLessThan(0.03);
});
