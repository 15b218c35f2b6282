import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, input, type Tensor, zeros } from '../tensor/index.js';
import { Bernoulli } from './index.js';

const valuesOf = (y: Tensor) => Array.from(evaluate([y])[0]);
const row = (...values: number[]) => constant(values, 'float32', [1, values.length]);

test('with all logits 0, 784 pixels cost 784 log 2 = 543.4274 nats', () => {
  const p = new Bernoulli(zeros([1, 28, 28, 1]));
  const [nll] = valuesOf(p.nll(constant(0.3).broadcastTo([1, 28, 28, 1])));
  expect(nll).toBeCloseTo(543.4274, 4);
  expect(nll).toBeCloseTo(784 * Math.LN2, 10);
});

test('the probabilities of 0 and 1 are those of the mean, and sum to 1', () => {
  const logits = [-30, -2, 0, 0.5, 30];
  const p = new Bernoulli(constant(logits, 'float32', [5, 1]));
  const at = (x: number) => valuesOf(p.logProb(constant(x).broadcastTo([5, 1]))).map(Math.exp);
  const [zero, one, mean] = [at(0), at(1), valuesOf(p.mean)];
  for (let i = 0; i < 5; i++) {
    expect(one[i] / mean[i]).toBeCloseTo(1, 12);
    expect(zero[i] + one[i]).toBeCloseTo(1, 14);
  }
});

test('the least cost of a grey level is its own entropy, at the logit of the level', () => {
  const x = 0.3;
  const best = Math.log(x / (1 - x));
  const cost = (logit: number) => valuesOf(new Bernoulli(row(logit)).nll(row(x)))[0];
  expect(cost(best)).toBeCloseTo(-x * Math.log(x) - (1 - x) * Math.log(1 - x), 14);
  expect(cost(best + 0.1)).toBeGreaterThan(cost(best));
  expect(cost(best - 0.1)).toBeGreaterThan(cost(best));
});

test('draws are 0 and 1 as often as the probabilities say', () => {
  const draws = 40_000;
  const z = new Bernoulli(row(-1, 2)).sample({ draws });
  expect(z.shape).toEqual([draws, 1, 2]);
  const values = valuesOf(z);
  for (const [j, logit] of [-1, 2].entries()) {
    const p = 1 / (1 + Math.exp(-logit));
    const mean = values.filter((_, i) => i % 2 === j).reduce((a, b) => a + b) / draws;
    expect(Math.abs(mean - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws));
  }
  expect(new Set(values)).toEqual(new Set([0, 1]));
});

test('x of another event is refused, and may have draws or a batch of its own in front', () => {
  const p = new Bernoulli(input('logits', [5, 4]));
  expect(() => p.nll(input('x', [5, 1]))).toThrow(
    "Bernoulli: shape [5, 1] does not end in the event's shape [4]",
  );
  expect(p.nll(input('x', [3, 5, 4])).shape).toEqual([3, 5]);
  expect(new Bernoulli(input('drawn', [3, 5, 4]), 1).nll(input('x', [5, 4])).shape).toEqual([3, 5]);
});
