import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import {
  batchJacobian,
  constant,
  gelu,
  grad,
  input,
  jacobian,
  logSumExp,
  randomNormal,
  silu,
  softmax,
  type Tensor,
  takeAlongLast,
  vjp,
  zeros,
} from './index.js';

const valuesOf = (x: Tensor, values: Record<string, number[]> = {}) => {
  const feeds = Object.fromEntries(
    Object.entries(values).map(([name, list]) => [name, Float64Array.from(list)]),
  );
  return Array.from(evaluate([x], { values: feeds })[0]);
};

test('d(x³)/dx = 3x², and its derivatives are 6x, 6 and 0', () => {
  const x = input('x', []);
  const derivatives = [x.mul(x).mul(x)];
  for (let order = 1; order <= 4; order++) derivatives.push(grad(derivatives[order - 1], [x])[0]);
  expect(derivatives.map((d) => valuesOf(d, { x: [2] })[0])).toEqual([8, 12, 12, 6, 0]);
});

test('a tensor that is read in several places collects what comes from each', () => {
  const x = input('x', [2]);
  const loss = x.mul(x).add(x.exp()).add(x.mul(3)).sum();
  expect(valuesOf(grad(loss, [x])[0], { x: [0, 1] })).toEqual([4, 5 + Math.E]);
});

test('what the loss does not depend on has gradient zero of its own shape', () => {
  const [x, y] = [input('x', []), input('y', [2, 2])];
  expect(grad(x.exp(), [y])[0]).toBe(zeros([2, 2]));
});

test('the gradient of a tensor with respect to itself is one', () => {
  const x = input('x', []);
  expect(grad(x, [x])[0]).toBe(constant(1));
});

test('gradients reach a tensor in the middle of the graph as if it were a leaf', () => {
  const x = input('x', [2]);
  const middle = x.square();
  const [g] = grad(middle.mul(middle).sum(), [middle]);
  expect(valuesOf(g, { x: [1, 2] })).toEqual([2, 8]);
});

test('no gradient passes stopGradient, comparisons, casts, floor, sign, argMax or topK', () => {
  const x = input('x', [3]);
  const blocked = [
    x.stopGradient(),
    x.less(1).cast('float32'),
    x.cast('int32').cast('float32'),
    x.floor(),
    x.sign(),
    x.argMax().cast('float32'),
    x.topK(2).cast('float32'),
  ];
  for (const y of blocked) expect(grad(y.sum(), [x])[0]).toBe(zeros([3]));
});

test('a straight-through estimator has the value of one tensor and the gradient of another', () => {
  const x = input('x', [3]);
  const rounded = x.add(0.5).floor();
  const straight = x.add(rounded.sub(x).stopGradient());
  expect(valuesOf(straight, { x: [0.2, 0.7, 2.5] })).toEqual([0, 1, 3]);
  expect(grad(straight.sum(), [x])[0]).toBe(constant(1).broadcastTo([3]));
});

test('relu has derivative 0 at 0, and max and min give a tie to their second operand', () => {
  const x = input('x', [3]);
  expect(valuesOf(grad(x.relu().sum(), [x])[0], { x: [-1, 0, 1] })).toEqual([0, 0, 1]);
  const y = input('y', [3]);
  const values = { x: [1, 2, 3], y: [2, 2, 2] };
  const both = (f: Tensor) => grad(f.sum(), [x, y]).map((g) => valuesOf(g, values));
  expect(both(x.max(y))).toEqual([
    [0, 0, 1],
    [1, 1, 0],
  ]);
  expect(both(x.min(y))).toEqual([
    [1, 0, 0],
    [0, 1, 1],
  ]);
});

test('elements that share a maximum share its gradient', () => {
  const x = input('x', [2, 3]);
  const [g] = grad(x.amax(1).sum(), [x]);
  expect(valuesOf(g, { x: [5, 5, 1, 2, 3, 3] })).toEqual([0.5, 0.5, 0, 0, 0.5, 0.5]);
});

test('where sends each element’s gradient to the branch that was taken', () => {
  const [x, y] = [input('x', [3]), input('y', [])];
  const chosen = constant([1, 0, 1], 'bool').where(x, y);
  const values = { x: [1, 2, 3], y: [4] };
  expect(grad(chosen.sum(), [x, y]).map((g) => valuesOf(g, values))).toEqual([[1, 0, 1], [1]]);
});

test('the gradient of a stretched operand is summed over what it was stretched along', () => {
  const [x, row, column] = [input('x', [2, 3]), input('row', [3]), input('column', [2, 1])];
  const [gRow, gColumn] = grad(x.mul(row).mul(column).sum(), [row, column]);
  const values = { x: [1, 2, 3, 4, 5, 6], row: [1, 1, 1], column: [1, 10] };
  expect(valuesOf(gRow, values)).toEqual([41, 52, 63]);
  expect(valuesOf(gColumn, values)).toEqual([6, 15]);
});

test('an empty slice sends back zeros, wherever it was taken', () => {
  const x = input('x', [6]);
  for (const empty of [x.slice([[6, 6]]), x.slice([[5, 5, -2]]), x.slice([[0, 0]])]) {
    const [g] = grad(empty.exp().sum(), [x]);
    expect(valuesOf(g, { x: [1, 2, 3, 4, 5, 6] })).toEqual([0, 0, 0, 0, 0, 0]);
  }
});

test('rows that are gathered twice collect both gradients', () => {
  const x = input('x', [3]);
  const [g] = grad(
    x
      .gather(constant([2, 0, 2], 'int32'))
      .mul(constant([1, 10, 100]))
      .sum(),
    [x],
  );
  expect(valuesOf(g, { x: [0, 0, 0] })).toEqual([10, 0, 101]);
  const [along] = grad(takeAlongLast(x.reshape([1, 3]), constant([[1, 1]].flat(), 'int32', [1, 2])).sum(), [
    x,
  ]);
  expect(valuesOf(along, { x: [0, 0, 0] })).toEqual([0, 2, 0]);
});

test('vjp contracts several outputs with their cotangents', () => {
  const x = input('x', [2]);
  const [g] = vjp([x.square(), x.sum()], [x], [constant([1, 10]), constant(100)]);
  expect(valuesOf(g, { x: [3, 4] })).toEqual([106, 180]);
});

test('an output that is also asked for takes its own cotangent and what comes through others', () => {
  const x = input('x', []);
  const y = x.mul(2);
  const [gy] = vjp([y, y.square()], [y], [constant(1), constant(1)]);
  expect(valuesOf(gy, { x: [3] })).toEqual([13]);
});

test('the Jacobian of a linear map is its matrix', () => {
  const x = input('x', [3]);
  const a = constant([1, 2, 3, 4, 5, 6], 'float32', [2, 3]);
  const j = jacobian(a.matmul(x.reshape([3, 1])).reshape([2]), x);
  expect(j.shape).toEqual([2, 3]);
  expect(valuesOf(j, { x: [7, 8, 9] })).toEqual([1, 2, 3, 4, 5, 6]);
});

test('the Jacobian of a gradient is the Hessian, which is symmetric', () => {
  const x = input('x', [3]);
  const [g] = grad(logSumExp(x.square()), [x]);
  const h = valuesOf(jacobian(g, x), { x: [0.3, -1, 0.7] });
  for (const [i, j] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ]) {
    expect(h[3 * i + j]).toBeCloseTo(h[3 * j + i], 14);
  }
});

test('batchJacobian is the diagonal blocks of the Jacobian', () => {
  const x = input('x', [2, 3]);
  const y = softmax(x.square()).slice([undefined, [0, 2]]);
  const values = { x: [0.1, 0.2, 0.3, -1, 0.5, 2] };
  const full = valuesOf(jacobian(y, x), values);
  const blocks = valuesOf(batchJacobian(y, x), values);
  for (let b = 0; b < 2; b++) {
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 3; j++) expect(blocks[(b * 2 + i) * 3 + j]).toBe(full[(b * 2 + i) * 6 + b * 3 + j]);
    }
  }
});

test('a penalty on a gradient can be minimised: its own gradient meets central differences', () => {
  const [x, w] = [input('x', [2, 3]), input('w', [3])];
  const critic = gelu(silu(x.mul(w)).sum(1).tanh()).sum();
  const [slope] = grad(critic, [x]);
  const penalty = slope.square().sum();
  const [gw] = grad(penalty, [w]);
  const values = { x: [0.3, -0.5, 0.2, 1, 0.4, -0.8], w: [0.7, -0.2, 0.5] };
  const at = (i: number, step: number) =>
    valuesOf(penalty, { ...values, w: values.w.map((v, k) => (k === i ? v + step : v)) })[0];
  valuesOf(gw, values).forEach((value, i) => {
    expect(value).toBeCloseTo((at(i, 1e-5) - at(i, -1e-5)) / 2e-5, 8);
  });
});

test('noise is a constant to the gradient', () => {
  const x = input('x', [2]);
  const noise = randomNormal('noise', [2]);
  expect(grad(x.mul(noise).sum(), [x])[0]).toBe(noise);
});

test('a loss must be a scalar float', () => {
  const x = input('x', [2]);
  expect(() => grad(x, [x])).toThrow(
    'grad: a loss is a scalar but this one has shape [2]; sum it or take its mean',
  );
  expect(() => grad(x.sum().cast('int32'), [x])).toThrow('vjp: needs float32 but got int32 of shape []');
  const n = input('n', [2], 'int32');
  expect(() => grad(x.sum(), [n])).toThrow('vjp: needs float32 but got int32 of shape [2]');
});

test('cotangents must match their outputs', () => {
  const x = input('x', [2]);
  expect(() => vjp([x], [x], [constant(1)])).toThrow('vjp: cotangent [] for an output of shape [2]');
  expect(() => vjp([x, x], [x], [x])).toThrow('vjp: 1 cotangents for 2 outputs');
  expect(() => batchJacobian(x, x)).toThrow(
    'batchJacobian: output [2] and input [2]; wanted [batch, n] and [batch, ...]',
  );
});
