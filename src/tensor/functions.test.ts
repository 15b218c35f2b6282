import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import {
  concat,
  constant,
  covariance,
  elu,
  fill,
  gelu,
  grad,
  input,
  iota,
  leakyRelu,
  logMeanExp,
  logSoftmax,
  logSumExp,
  oneHot,
  randomNormal,
  softmax,
  sort,
  split,
  stack,
  type Tensor,
  takeAlongLast,
  topKMask,
  withGradientOf,
  zeros,
} from './index.js';

const valuesOf = (x: Tensor) => Array.from(evaluate([x])[0]);

test('iota counts along its axis', () => {
  expect(valuesOf(iota([2, 3]))).toEqual([0, 1, 2, 0, 1, 2]);
  expect(valuesOf(iota([2, 3], 0))).toEqual([0, 0, 0, 1, 1, 1]);
});

test('concat undoes split, and stack puts tensors along a new axis', () => {
  const x = iota([2, 5]).cast('float32');
  const parts = split(x, [1, 0, 4]);
  expect(parts.map((part) => part.shape)).toEqual([
    [2, 1],
    [2, 0],
    [2, 4],
  ]);
  expect(valuesOf(concat(parts))).toEqual(valuesOf(x));
  expect(valuesOf(stack([constant([1, 2]), constant([3, 4])], 1))).toEqual([1, 3, 2, 4]);
});

test('parts that do not add up, and nothing to join, are refused', () => {
  expect(() => split(zeros([2, 5]), [2, 2])).toThrow(
    'split: parts of [2, 2] add up to 4, but axis 1 of [2, 5] has 5',
  );
  expect(() => concat([])).toThrow('concat: nothing to join');
  expect(() => stack([])).toThrow('stack: nothing to join');
  expect(() => concat([zeros([2, 3]), zeros([3, 3])], 1)).toThrow(
    'concat: shapes [2, 3] and [3, 3] differ beside axis 1',
  );
});

test('lengths are checked where tensors are made', () => {
  expect(() => fill([-1], 0)).toThrow('broadcastTo: [-1] is not a shape');
  expect(() => randomNormal('noise', [1.5])).toThrow('randomNormal: [1.5] is not a shape');
  expect(() => iota([])).toThrow('iota: axis -1 is outside a tensor of 0 axes');
});

test('logSumExp neither overflows nor underflows, and −∞ is its neutral element', () => {
  const x = constant(
    [1000, 1000, -Infinity, -1000, -1001, -Infinity, -Infinity, -Infinity],
    'float32',
    [4, 2],
  );
  const expected = [1000 + Math.LN2, -1000, -1001, -Infinity];
  valuesOf(logSumExp(x, 1)).forEach((value, i) => {
    if (Number.isFinite(expected[i])) expect(value).toBeCloseTo(expected[i], 12);
    else expect(value).toBe(expected[i]);
  });
  expect(logSumExp(x, 1, true).shape).toEqual([4, 1]);
});

test('d logSumExp = softmax', () => {
  const x = constant([0.5, -2, 3, 700]);
  expect(valuesOf(grad(logSumExp(x), [x])[0])).toEqual(valuesOf(softmax(x)));
});

test('softmax does not change when a number is added, sums to 1, and is the exponential of logSoftmax', () => {
  const list = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(list, fc.double({ min: -1e3, max: 1e3, noNaN: true }), (values, shift) => {
      const x = constant(Float64Array.from(values));
      const p = valuesOf(softmax(x));
      expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      valuesOf(softmax(x.add(shift))).forEach((value, i) => {
        expect(value).toBeCloseTo(p[i], 10);
      });
      valuesOf(logSoftmax(x).exp()).forEach((value, i) => {
        expect(value).toBeCloseTo(p[i], 12);
      });
    }),
  );
});

test('logMeanExp of equal numbers is that number', () => {
  expect(valuesOf(logMeanExp(fill([2, 5], -3), 1))).toEqual([-3, -3]);
});

test('oneHot has its one at the index, and none for an index outside', () => {
  const hot = oneHot(constant([2, 0, 3], 'int32'), 3);
  expect(hot.shape).toEqual([3, 3]);
  expect(valuesOf(hot)).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0]);
});

test('takeAlongLast picks in every row by that row’s own indices', () => {
  const x = iota([2, 4], 1).add(constant([0, 10], 'int32', [2, 1]));
  expect(valuesOf(takeAlongLast(x, constant([3, 0, 1, 1], 'int32', [2, 2])))).toEqual([3, 0, 11, 11]);
  expect(() => takeAlongLast(x, constant([0, 1], 'int32', [1, 2]))).toThrow(
    'takeAlongLast: indices [1, 2] are not one list for each row of [2, 4]',
  );
});

test('sort orders both ways and keeps equal values in their order', () => {
  const x = constant([3, 1, 2, 1]);
  const up = sort(x);
  expect([valuesOf(up.values), valuesOf(up.indices)]).toEqual([
    [1, 1, 2, 3],
    [1, 3, 2, 0],
  ]);
  expect(valuesOf(sort(x, { descending: true }).indices)).toEqual([0, 2, 1, 3]);
});

test('the gradient of a sorted list goes back to where each value came from', () => {
  const x = constant([3, 1, 2]);
  const weighted = sort(x).values.mul(constant([1, 10, 100]));
  expect(valuesOf(grad(weighted.sum(), [x])[0])).toEqual([100, 1, 10]);
});

test('leakyRelu and elu follow their definitions on both sides of 0', () => {
  const x = constant([-2, 0, 3]);
  expect(valuesOf(leakyRelu(x, 0.1))).toEqual([-0.2, 0, 3]);
  expect(valuesOf(elu(x))).toEqual([Math.expm1(-2), 0, 3]);
  expect(valuesOf(grad(elu(x).sum(), [x])[0])).toEqual([Math.exp(-2), 1, 1]);
});

test('the gradient of elu is finite where the exponential of the other branch is not', () => {
  const x = constant([1e4, -1e4]);
  expect(valuesOf(grad(elu(x).sum(), [x])[0])).toEqual([1, 0]);
});

test('gelu(x) − gelu(−x) = x, because Φ(x) + Φ(−x) = 1', () => {
  const x = constant([0.1, 1, 3]);
  valuesOf(gelu(x).sub(gelu(x.neg()))).forEach((value, i) => {
    expect(value).toBeCloseTo([0.1, 1, 3][i], 14);
  });
});

test('a top-k mask has k ones in every row, ties to the lowest index', () => {
  const x = constant([1, 3, 2, 3, 0, 0, 0, 0, -1, -2, -3, -4]).reshape([3, 4]);
  expect(valuesOf(topKMask(x, 2))).toEqual([0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0]);
  expect(valuesOf(topKMask(x, 2, constant(1, 'int32')))).toEqual([0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
});

test('no gradient flows through a top-k mask, and all of it through what the mask lets through', () => {
  const x = input('x', [1, 3]);
  const [gradient] = grad(x.mul(topKMask(x, 1)).square().sum(), [x]);
  expect(evaluate([gradient], { values: { x: Float64Array.of(1, 3, 2) } })[0]).toEqual(
    Float64Array.of(0, 6, 0),
  );
});

test('a value may have the gradient of another one', () => {
  const x = input('x', []);
  const y = withGradientOf(x.square(), x.mul(7));
  const values = evaluate([y, ...grad(y, [x])], { values: { x: Float64Array.of(3) } });
  expect(values.map((value) => Array.from(value))).toEqual([[9], [7]]);
});

test('the covariance of (±1, 0) and (0, ±1) is ½ I, wherever its centre is', () => {
  const x = constant([1, 0, -1, 0, 0, 1, 0, -1]).reshape([4, 2]);
  expect([covariance(x), covariance(x.add(constant([5, -2])))].map(valuesOf)).toEqual([
    [0.5, 0, 0, 0.5],
    [0.5, 0, 0, 0.5],
  ]);
});
