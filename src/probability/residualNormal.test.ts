import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, type Tensor } from '../tensor/index.js';
import { boundedNormalOf, kl, normalOf, residual } from './index.js';

const row = (...values: number[]) => constant(values, 'float32', [1, values.length]);
const valuesOf = (...tensors: Tensor[]) => evaluate(tensors).map((list) => Array.from(list));

test('Δμ = 0.5, log Δσ = −0.3 on a prior of log σ = −1 cost 0.9980378 nats, wherever the prior is', () => {
  const delta = { mean: row(0.5), logDeviation: row(-0.3) };
  for (const mean of [0, 3, -2]) {
    const p = { mean: row(mean), logDeviation: row(-1) };
    const [[nats]] = valuesOf(kl(normalOf(residual(p, delta)), normalOf(p)));
    expect(nats).toBeCloseTo(0.9980378, 7);
  }
});

test('no change costs nothing, with and without bounds', () => {
  const p = { mean: row(1, -7, 30), logDeviation: row(0.2, -9, 4) };
  const none = { mean: row(0, 0, 0), logDeviation: row(0, 0, 0) };
  for (const of of [normalOf, boundedNormalOf]) {
    const [[nats]] = valuesOf(kl(of(residual(p, none)), of(p)));
    expect(nats).toBeCloseTo(0, 12);
  }
});

test('relative and absolute parameters of one distribution have one KL', () => {
  const p = { mean: row(0.3, -1), logDeviation: row(-0.5, 0.8) };
  const absolute = { mean: row(1, 0.5), logDeviation: row(-1, 0.1) };
  const delta = { mean: row(0.7, 1.5), logDeviation: row(-0.5, -0.7) };
  const [[a], [b]] = valuesOf(
    kl(normalOf(residual(p, delta)), normalOf(p)),
    kl(normalOf(absolute), normalOf(p)),
  );
  expect(a).toBeCloseTo(b, 12);
});

test('bounds leave small numbers and hold large ones, and no deviation is below a hundredth', () => {
  const q = boundedNormalOf({ mean: row(0.1, 1e4), logDeviation: row(-0.2, -1e4) });
  const [[near, far], [usual, least]] = valuesOf(q.mean, q.deviation);
  expect(near).toBeCloseTo(0.1, 4);
  expect(far).toBeCloseTo(5, 12);
  expect(usual).toBeCloseTo(Math.exp(5 * Math.tanh(-0.04)) + 0.01, 12);
  expect(least).toBeCloseTo(Math.exp(-5) + 0.01, 12);
});
