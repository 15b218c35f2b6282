import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, input, ones, type Tensor, Variable, zeros } from './index.js';

const valuesOf = (x: Tensor) => Array.from(evaluate([x])[0]);

test('equal expressions are one node', () => {
  const x = input('x', [2, 3]);
  expect(x.add(1).exp()).toBe(x.add(1).exp());
  expect(constant([1, 2])).toBe(constant([1, 2]));
  expect(x.sum(0)).toBe(x.sum([-2]));
  expect(input('x', [2, 3])).toBe(x);
});

test('expressions that differ in one attribute, type, shape or sign of zero are different nodes', () => {
  const x = input('x', [4]);
  expect(x.cumsum()).not.toBe(x.cumsum(0, { reverse: true }));
  expect(x.sub(1)).not.toBe(constant(1).sub(x));
  expect(constant([0])).not.toBe(constant([-0]));
  expect(constant([1])).not.toBe(constant([1], 'int32'));
  expect(constant([1, 2])).not.toBe(constant([1, 2], 'float32', [2, 1]));
  expect(input('x', [4], 'int32')).not.toBe(x);
});

test('fillers that JSON does not tell apart make different pads', () => {
  const pad = (value: number) => valuesOf(constant([5]).pad([[1, 0]], value));
  expect([pad(-Infinity), pad(Infinity), pad(Number.NaN), pad(-0), pad(0)]).toEqual([
    [-Infinity, 5],
    [Infinity, 5],
    [Number.NaN, 5],
    [-0, 5],
    [0, 5],
  ]);
});

test('two variables are never one node, even with equal names', () => {
  const make = () => new Variable('w', [2], () => [0, 0]);
  expect(make().add(1)).not.toBe(make().add(1));
});

test('a constant keeps its values when the caller changes the array later', () => {
  const source = Float32Array.of(1, 2);
  const x = constant(source);
  source[0] = 9;
  expect(valuesOf(x)).toEqual([1, 2]);
});

test('constants refuse values that their type does not hold', () => {
  expect(() => constant(0.5, 'int32')).toThrow('constant: 0.5 is not a value of type int32');
  expect(() => constant([1, 256], 'uint8')).toThrow('constant: 256 is not a value of type uint8');
  expect(() => constant(2, 'bool')).toThrow('constant: 2 is not a value of type bool');
  expect(() => constant(Number.NaN, 'int32')).toThrow('constant: NaN is not a value of type int32');
  expect(() => constant([1, 2], 'float32', [3])).toThrow('constant: 2 values do not fill shape [3]');
});

test('a number beside whole numbers must be whole, or it would be cut in silence', () => {
  const x = input('x', [3], 'int32');
  expect(() => x.mul(0.5)).toThrow('constant: 0.5 is not a value of type int32');
  expect(() => x.mean()).toThrow('is not a value of type int32');
});

test('types do not mix', () => {
  const x = input('x', [3]);
  const n = input('n', [3], 'int32');
  expect(() => x.add(n)).toThrow('add: float32 and int32 do not mix; cast one of them');
  expect(() => n.exp()).toThrow('exp: needs float32 but got int32 of shape [3]');
  expect(() => x.where(1, 2)).toThrow('where: needs bool but got float32 of shape [3]');
  expect(() => n.less(2).less(constant(1, 'bool'))).toThrow(
    'less: needs float32 or int32 or uint8 but got bool of shape [3]',
  );
  expect(() => n.div(2)).toThrow('div: needs float32 but got int32 of shape [3]');
});

test('one length of a reshape may be left open, where exactly one fits', () => {
  const x = input('x', [2, 3, 4]);
  expect(x.reshape([-1, 6]).shape).toEqual([4, 6]);
  expect(input('none', [0, 3]).reshape([-1, 3]).shape).toEqual([0, 3]);
  expect(() => x.reshape([-1, 5])).toThrow(
    'reshape: the 24 elements of [2, 3, 4] leave no one length for −1 in [-1, 5]',
  );
  expect(() => x.reshape([-1, -1, 2])).toThrow('leave no one length for −1 in [-1, -1, 2]');
  expect(() => input('none', [0, 3]).reshape([-1, 0])).toThrow('leave no one length');
  expect(() => x.reshape([5, 5])).toThrow('reshape: [2, 3, 4] has 24 elements but [5, 5] has 25');
  expect(() => x.reshape([-2, 12])).toThrow('reshape: [-2, 12] is not a shape');
});

test('slices read ranges as NumPy does', () => {
  const x = constant([0, 1, 2, 3, 4, 5, 6]);
  expect(valuesOf(x.slice([[1, 4]]))).toEqual([1, 2, 3]);
  expect(valuesOf(x.slice([[-3, -1]]))).toEqual([4, 5]);
  expect(valuesOf(x.slice([[0, 7, 3]]))).toEqual([0, 3, 6]);
  expect(valuesOf(x.slice([[-1, -1, -2]]))).toEqual([6, 4, 2, 0]);
  expect(valuesOf(x.slice([[4, 4]]))).toEqual([]);
  expect(valuesOf(x.flip(0))).toEqual([6, 5, 4, 3, 2, 1, 0]);
});

test('slices that leave the tensor are refused', () => {
  const x = input('x', [2, 5]);
  expect(() => x.slice([undefined, [3, 7]])).toThrow(
    'slice: axis 1 of shape [2, 5] does not hold 4 elements from index 3 in steps of 1',
  );
  expect(() => x.slice([undefined, undefined, [0, 1]])).toThrow(
    'slice: 3 ranges for a tensor of shape [2, 5]',
  );
  expect(() => x.slice([[0, 2, 0]])).toThrow('slice: [0, 2, 0] is not a range');
  expect(() => x.slice([[0.5, 2]])).toThrow('slice: [0.5, 2, 1] is not a range');
});

test('a batch of matrices times one matrix is every product by itself', () => {
  const a = constant(
    Array.from({ length: 24 }, (_, i) => i),
    'float32',
    [2, 3, 4],
  );
  const b = constant([1, -1, 0, 2, 3, 1, -2, 1], 'float32', [4, 2]);
  const each = [0, 1].map((i) =>
    a
      .slice([[i, i + 1]])
      .reshape([3, 4])
      .matmul(b),
  );
  expect(valuesOf(a.matmul(b))).toEqual(each.flatMap(valuesOf));
  expect(input('none', [2, 3, 0]).matmul(zeros([0, 5])).shape).toEqual([2, 3, 5]);
});

test('a product of the wrong sizes names the shapes that the caller wrote', () => {
  const message = 'matmul: [2, 3, 4] and [5, 2] do not multiply; wanted [..., m, k] and [..., k, n]';
  expect(() => input('x', [2, 3, 4]).matmul(input('w', [5, 2]))).toThrow(message);
});

test('reductions of everything, of some axes and with axes kept agree', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.integer({ min: -9, max: 9 })), (shape, stream) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const x = constant([...stream.take(size)], 'float32', shape);
      const [all] = valuesOf(x.sum());
      const stepwise = shape.reduce((sum) => sum.sum(0), x);
      expect(valuesOf(stepwise)).toEqual([all]);
      expect(x.sum([0], { keepDims: true }).shape).toEqual([1, ...shape.slice(1)]);
      expect(valuesOf(x.amin())).toEqual([Math.min(...valuesOf(x))]);
    }),
  );
});

test('logical operations on bools are those of their truth tables', () => {
  const a = constant([0, 0, 1, 1], 'bool');
  const b = constant([0, 1, 0, 1], 'bool');
  expect([a.and(b), a.or(b), a.not()].map(valuesOf)).toEqual([
    [0, 0, 0, 1],
    [0, 1, 1, 1],
    [1, 1, 0, 0],
  ]);
});

test('isFinite is false for NaN and both infinities', () => {
  const x = constant([0, -1e308, Number.NaN, Infinity, -Infinity]);
  expect(valuesOf(x.isFinite())).toEqual([1, 1, 0, 0, 0]);
});

test('what is printed of a tensor says its operation, type and shape', () => {
  expect(
    String(
      ones([2, 3])
        .mul(input('x', [2, 3]))
        .sum(0),
    ),
  ).toBe('reduceSum float32[3]');
});
