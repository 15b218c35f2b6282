import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, randomNormal, type Tensor, Variable } from '../tensor/index.js';
import {
  imq,
  type Kernel,
  medianSquaredDistance,
  mmd,
  multiScaleKernel,
  rbf,
  squaredDistances,
} from './index.js';

const scalar = (y: Tensor, seed = 0) => evaluate([y], { seed })[0][0];
const points = (rows: number[][]) => constant(rows.flat(), 'float32', [rows.length, rows[0].length]);

const x = points([
  [0, 0],
  [1, 0],
  [0, 2],
]);
const y = points([
  [1, 1],
  [-1, 0],
  [0, -1],
]);

test('the two small sets have the discrepancy computed by hand', () => {
  expect(scalar(mmd(x, y, imq(4)))).toBeCloseTo(-0.1560304, 7);
  expect(scalar(mmd(x, y, rbf(2)))).toBeCloseTo(-0.2214866, 7);
});

test('distances are summed over coordinates and are those of the points one by one', () => {
  const [a, b] = [randomNormal('a', [4, 3]), randomNormal('b', [5, 3])];
  const [gram, p, q] = evaluate([squaredDistances(a, b), a, b], { seed: 1 });
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 5; j++) {
      const direct = [0, 1, 2].reduce((sum, l) => sum + (p[3 * i + l] - q[3 * j + l]) ** 2, 0);
      expect(gram[5 * i + j]).toBeCloseTo(direct, 12);
    }
  }
});

test('the definition, pair by pair, with sets of different sizes', () => {
  const [a, b] = [randomNormal('a', [4, 3]), randomNormal('b', [6, 3])];
  const k = (p: ArrayLike<number>, i: number, q: ArrayLike<number>, j: number) =>
    3 / (3 + [0, 1, 2].reduce((sum, l) => sum + (p[3 * i + l] - q[3 * j + l]) ** 2, 0));
  const [value, p, q] = evaluate([mmd(a, b, imq(3)), a, b], { seed: 2 });
  let expected = 0;
  for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) if (i !== j) expected += k(p, i, p, j) / 12;
  for (let i = 0; i < 6; i++) for (let j = 0; j < 6; j++) if (i !== j) expected += k(q, i, q, j) / 30;
  for (let i = 0; i < 4; i++) for (let j = 0; j < 6; j++) expected -= k(p, i, q, j) / 12;
  expect(value[0]).toBeCloseTo(expected, 12);
});

test('a kernel of many scales gives the sum of what each scale gives', () => {
  const scales = [0.1, 0.2, 0.5, 1, 2, 5, 10];
  for (const family of [rbf, imq]) {
    const each = scales.map((scale) => scalar(mmd(x, y, family(scale * 4))));
    const together = scalar(mmd(x, y, multiScaleKernel(family, scales, 4)));
    expect(together).toBeCloseTo(
      each.reduce((a, b) => a + b),
      12,
    );
    expect(scalar(mmd(x, y, multiScaleKernel(family, scales, constant(4))))).toBeCloseTo(together, 6);
  }
});

/** Mean and standard error of a scalar over seeds. */
function over(seeds: number, value: Tensor): { mean: number; error: number } {
  const values = Array.from({ length: seeds }, (_, seed) => scalar(value, seed));
  const mean = values.reduce((a, b) => a + b) / seeds;
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (seeds - 1);
  return { mean, error: Math.sqrt(variance / seeds) };
}

test('its mean is 0 where both sets are of one distribution: nothing is left on a diagonal, nothing is clamped', () => {
  const [a, b] = [randomNormal('a', [16, 3]), randomNormal('b', [16, 3])];
  for (const kernel of [rbf(3), imq(6), multiScaleKernel(imq, [0.1, 1, 10], 6)]) {
    const { mean, error } = over(200, mmd(a, b, kernel));
    expect(Math.abs(mean)).toBeLessThan(4 * error); // seeded: never by luck
    expect(error).toBeGreaterThan(0);
  }
});

test('for two normal distributions its mean is the closed form', () => {
  const [d, squared] = [8, 8];
  const F = (v: number, r: number) =>
    (squared / (squared + v)) ** (d / 2) * Math.exp(-r / (2 * (squared + v)));
  const cases = [
    { s: 1, shift: 0.5, expected: 0.0779572 },
    { s: 0.5, shift: 0, expected: 0.0752832 },
  ];
  for (const { s, shift, expected } of cases) {
    const closedForm = F(2 * s ** 2, 0) + F(2, 0) - 2 * F(1 + s ** 2, d * shift ** 2);
    expect(closedForm).toBeCloseTo(expected, 7);
    const a = randomNormal('a', [64, d]).mul(s).add(shift);
    const { mean, error } = over(40, mmd(a, randomNormal('b', [64, d]), rbf(squared)));
    expect(Math.abs(mean - closedForm)).toBeLessThan(4 * error); // seeded: never by luck
    expect(error).toBeLessThan(closedForm / 20);
  }
});

test('one rotation of both sets changes nothing', () => {
  const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)];
  const turn = points([
    [cos, sin],
    [-sin, cos],
  ]);
  const kernel: Kernel = multiScaleKernel(rbf, [0.5, 2], 1);
  const turned = mmd(x.matmul(turn), y.matmul(turn), kernel);
  expect(scalar(turned)).toBeCloseTo(scalar(mmd(x, y, kernel)), 6);
});

test('its gradient is that of finite differences', () => {
  const z = new Variable('z', [3, 2], () => []);
  const loss = mmd(z, y, imq(4));
  const at = (values: number[]) => evaluate([loss], { values: { z: Float64Array.from(values) } })[0][0];
  const start = [0.3, -0.2, 1.1, 0.4, -0.5, 2];
  const [slopes] = evaluate(grad(loss, [z]), { values: { z: Float64Array.from(start) } });
  start.forEach((_, i) => {
    const moved = (by: number) => at(start.map((value, j) => (i === j ? value + by : value)));
    expect(slopes[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 8);
  });
});

test('the median distance is that of all pairs, and constant to gradients', () => {
  const a = points([[0], [10]]);
  const b = points([[1], [2]]);
  // 1, 4, 81 and 64.
  expect(scalar(medianSquaredDistance(a, b))).toBeCloseTo(34, 12);
  expect(scalar(medianSquaredDistance(points([[0]]), points([[1], [2], [3]])))).toBeCloseTo(4, 12);
  const z = new Variable('z', [2, 1], () => []);
  const [slope] = grad(medianSquaredDistance(z, b), [z]);
  expect(Array.from(evaluate([slope], { values: { z: Float64Array.of(3, 4) } })[0])).toEqual([0, 0]);
});

test('a set of one point has no pairs, and points of other lengths no distance', () => {
  const one = points([[0, 0]]);
  expect(() => mmd(one, y, rbf(1))).toThrow(
    'mmd: pairs within a sample need two points or more on either side; got [1, 2] and [3, 2]',
  );
  expect(() => mmd(points([[1], [2]]), y, rbf(1))).toThrow(
    'mmd: samples are [n, d] and [m, d] with one d; got [2, 1] and [3, 2]',
  );
});
