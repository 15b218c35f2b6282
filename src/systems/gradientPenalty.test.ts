import { expect, test } from 'vitest';
import { compute } from '../conformance/models.js';
import { constant, grad, input, type Tensor, Variable } from '../tensor/index.js';
import { gradientPenalty } from './gradientPenalty.js';

const wave = (count: number, phase = 0) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(1 + phase + 1.7 * i));

test('the penalty of a linear critic is (‖w‖ − 1)², over all axes of a sample, wherever it is measured', () => {
  const w = constant(wave(6), 'float32', [1, 2, 3]);
  const norm = Math.hypot(...wave(6));
  const [penalties] = compute(
    [gradientPenalty((u) => u.mul(w).sumOverEvent(), input('x', [4, 2, 3]), input('y', [4, 2, 3]))],
    { values: { x: wave(24), y: wave(24, 2) } },
  );
  expect(penalties).toHaveLength(4);
  for (const penalty of penalties) expect(penalty).toBeCloseTo((norm - 1) ** 2, 9);
});

test('it is measured between the two samples of a pair, at one place for all their numbers', () => {
  // D = ½‖u‖² has the slope u itself, so the norm tells where it was taken.
  const half = (u: Tensor) => u.square().sumOverEvent().mul(0.5);
  const [penalties] = compute(
    [gradientPenalty(half, constant(0).broadcastTo([50, 3]), input('y', [50, 3]))],
    {
      values: { y: wave(150) },
    },
  );
  const places = penalties.map((penalty, n) => {
    const length = Math.hypot(...wave(150).slice(3 * n, 3 * n + 3));
    const along = [1 - Math.sqrt(penalty), 1 + Math.sqrt(penalty)].map((norm) => norm / length);
    return along.some((alpha) => alpha >= -1e-5 && alpha < 1);
  });
  expect(places.every(Boolean)).toBe(true);
});

test('its gradient for the critic’s weights, a gradient of a gradient, is that of differences', () => {
  const [first, second] = [
    new Variable('v', [3, 5], () => wave(15)),
    new Variable('w', [5, 1], () => wave(5)),
  ];
  const critic = (u: Tensor) => u.matmul(first).tanh().matmul(second).reshape([u.shape[0]]);
  const penalty = gradientPenalty(critic, input('x', [4, 3]), input('y', [4, 3])).sum();
  const feeds = { x: wave(12), y: wave(12, 2), v: wave(15, 1), w: wave(5, 3) };
  const [slope] = compute(grad(penalty, [first]), { values: feeds });
  const at = (v: Float64Array) => compute([penalty], { values: { ...feeds, v } })[0][0];
  const step = 1e-6;
  slope.forEach((value, k) => {
    const moved = (by: number) => at(feeds.v.map((each, i) => each + (i === k ? by : 0)));
    expect(value).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 6);
  });
});
