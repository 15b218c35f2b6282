import { expect, test } from 'vitest';
import { compute } from '../conformance/models.js';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, type Tensor } from '../tensor/index.js';
import { gradientPenalty } from './gradientPenalty.js';

const x = constant([1, 2, 3, 4, 5, 6, 7, 8], 'float32', [2, 2, 2]);
const y = constant([0, -1, 2, 5, 1, 1, 0, 3], 'float32', [2, 2, 2]);

test('of a linear critic w·u it is (‖w‖ − 1)², wherever the points are', () => {
  const w = constant([3, 0, 0, 4], 'float32', [2, 2]);
  const [values] = compute([gradientPenalty((u) => u.mul(w).sum([1, 2]), x, y)]);
  // The number below the root is seen in the 13th digit.
  for (const value of values) expect(value).toBeCloseTo(16, 10);
});

test('where the critic has no slope it is 1, with a finite gradient', () => {
  const w = input('w', []);
  const penalty = gradientPenalty((u) => u.mul(w).sum([1, 2]), x, y);
  const [value, slope] = evaluate([penalty, ...grad(penalty.sum(), [w])], {
    values: { w: Float64Array.of(0) },
  });
  expect(value[0]).toBeCloseTo(1, 5);
  expect(Number.isFinite(slope[0])).toBe(true);
});

test('each sample has one place between the two, and the gradient reaches the critic by finite differences', () => {
  const w = input('w', [4, 3]);
  const v = constant([0.5, -1, 0.7]);
  const seen: Tensor[] = [];
  const critic = (u: Tensor) => {
    seen.push(u);
    return u.flatten().matmul(w).tanh().mul(v).sum(1);
  };
  const penalty = gradientPenalty(critic, x, y).sum();
  const [between] = compute([seen[0].sub(x).div(y.sub(x))]);
  for (const sample of [between.slice(0, 4), between.slice(4)]) {
    for (const alpha of sample) expect(alpha).toBeCloseTo(sample[0], 6);
    expect(sample[0]).toBeGreaterThanOrEqual(0);
    expect(sample[0]).toBeLessThan(1);
  }
  expect(between[0]).not.toBeCloseTo(between[4], 3);
  const at = Float64Array.from({ length: 12 }, (_, i) => 0.1 * Math.sin(1 + 3 * i));
  const valueAt = (weights: Float64Array) => evaluate([penalty], { values: { w: weights } })[0][0];
  const [gradient] = evaluate(grad(penalty, [w]), { values: { w: at } });
  for (let i = 0; i < 12; i++) {
    const moved = (shift: number) => valueAt(at.map((value, k) => (k === i ? value + shift : value)));
    expect(gradient[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 6);
  }
});
