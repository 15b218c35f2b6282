import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, type Tensor } from '../tensor/index.js';
import { DiagonalNormal, kl, precisionMerge } from './index.js';

const valuesOf = (...tensors: Tensor[]) => evaluate(tensors).map((list) => Array.from(list));
const normal = (mean: number[], variance: number[]) =>
  new DiagonalNormal({
    mean: constant(mean, 'float32', [1, mean.length]),
    logVar: constant(Float64Array.from(variance, Math.log), 'float32', [1, mean.length]),
  });

test('(1, ½) and (−1, 2) make (0.6, 0.4), 1.0447190 nats from the second', () => {
  const [a, b] = [normal([1], [0.5]), normal([-1], [2])];
  const q = precisionMerge(a, b);
  const [[mean], [variance], [divergence]] = valuesOf(q.mean, q.logVar.exp(), kl(q, b));
  expect(mean).toBeCloseTo(0.6, 12);
  expect(variance).toBeCloseTo(0.4, 12);
  expect(divergence).toBeCloseTo(1.044719, 7);
});

test('which of the two comes first does not matter', () => {
  const a = normal([1, -3, 0.2], [0.5, 9, 1e-6]);
  const b = normal([-1, 2, 40], [2, 0.01, 1e6]);
  const [one, other] = [precisionMerge(a, b), precisionMerge(b, a)];
  const [m1, s1, m2, s2] = valuesOf(one.mean, one.logVar, other.mean, other.logVar);
  m1.forEach((value, i) => {
    expect(value).toBeCloseTo(m2[i], 10);
    expect(s1[i]).toBeCloseTo(s2[i], 10);
  });
});

test('who knows nothing leaves the other as it is, and who knows exactly decides', () => {
  const prior = normal([-1, 3], [2, 0.1]);
  const [ignorant, certain] = [normal([50, 50], [1e30, 1e30]), normal([7, 8], [1e-30, 1e-30])];
  const same = precisionMerge(ignorant, prior);
  const decided = precisionMerge(certain, prior);
  const [mean, variance, divergence, exact] = valuesOf(
    same.mean,
    same.logVar.exp(),
    kl(same, prior),
    decided.mean,
  );
  expect(mean[0]).toBeCloseTo(-1, 12);
  expect(mean[1]).toBeCloseTo(3, 12);
  expect(variance[0]).toBeCloseTo(2, 12);
  expect(divergence[0]).toBeCloseTo(0, 12);
  expect(exact[0]).toBeCloseTo(7, 12);
  expect(exact[1]).toBeCloseTo(8, 12);
});

test('two opinions about different things are refused', () => {
  expect(() => precisionMerge(normal([1], [1]), normal([1, 2], [1, 1]))).toThrow(
    "precisionMerge: shape [1, 2] does not end in the event's shape [1]",
  );
});
