import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { concat, constant, grad, input, ones, type Shape, type Tensor, zeros } from './index.js';

const x = input('x', [2, 3]);

test('neutral elements and moves that move nothing leave the very same node', () => {
  const same = [
    x.add(0),
    x.sub(0),
    x.mul(1),
    x.div(1),
    constant(0).add(x),
    constant(1).mul(x),
    x.add(zeros([2, 3])),
    x.mul(ones([3])),
    x.neg().neg(),
    x.reshape([6]).reshape([2, 3]),
    x.transpose([1, 0]).transpose([1, 0]),
    x.transpose([0, 1]),
    x.broadcastTo([2, 3]),
    x.cast('float32'),
    x.slice([undefined, [0, 3]]),
    x.pad([
      [0, 0],
      [0, 0],
    ]),
    concat([x], 1),
    x.sum([]),
  ];
  for (const simplified of same) expect(simplified).toBe(x);
});

test('a neutral element that stretches the other operand does not disappear', () => {
  expect(constant(0).add(x.slice([[0, 1]]))).toBe(x.slice([[0, 1]]));
  expect(x.slice([[0, 1]]).add(zeros([4, 3])).shape).toEqual([4, 3]);
  expect(input('row', [3]).mul(ones([1, 3])).shape).toEqual([1, 3]);
});

test('arithmetic between known numbers is done at once, in double precision', () => {
  const value = constant(3).sub(1).mul(0.1).div(7).neg().exp().log().neg().sqrt();
  expect(value.op).toBe('constant');
  expect(evaluate([value])[0][0]).toBeCloseTo(Math.sqrt(0.2 / 7), 15);
  expect(ones([2, 3]).add(ones([3]).mul(2))).toBe(constant(3).broadcastTo([2, 3]));
});

test('whole numbers are not computed as floats', () => {
  const n = constant(7, 'int32').add(constant(1, 'int32'));
  expect(n.dtype).toBe('int32');
  expect(evaluate([n])[0]).toEqual(Int32Array.of(8));
});

test('an operand is stretched only where no other operand has the length', () => {
  const row = input('row', [3]);
  expect(x.add(row.broadcastTo([2, 3])).inputs).toEqual([x, row]);
  expect(row.broadcastTo([2, 3]).add(row.broadcastTo([2, 3])).shape).toEqual([2, 3]);
  expect(row.broadcastTo([2, 3]).mul(2).shape).toEqual([2, 3]);
});

test('a function of a stretched tensor is computed before stretching', () => {
  const row = input('row', [3]);
  expect(row.broadcastTo([2, 3]).exp()).toBe(row.exp().broadcastTo([2, 3]));
});

test('the gradient of a mean squared error is written as by hand', () => {
  const y = input('y', [2, 3]);
  const [gradient] = grad(x.sub(y).square().sum(), [x]);
  expect(gradient).toBe(x.sub(y).add(x.sub(y)));
});

/** A function of tensors together with the same function of plain numbers. */
interface Expression {
  tensor: Tensor;
  /** Element i of the largest shape, [2, 3]; what is smaller repeats. */
  values: (i: number) => number;
  /** [], [3] or [2, 3], so that of two the longer one is what they broadcast to. */
  shape: Shape;
}

const leaves: Expression[] = [
  { tensor: input('matrix', [2, 3]), values: (i) => [0.5, -1, 2, 0.25, 1, -0.75][i], shape: [2, 3] },
  { tensor: input('row', [3]), values: (i) => [1.5, -0.5, 0.75][i % 3], shape: [3] },
  ...[0, 1, -1, 2].map((c) => ({ tensor: constant(c), values: () => c, shape: [] })),
  { tensor: zeros([2, 3]), values: () => 0, shape: [2, 3] },
  { tensor: ones([3]), values: () => 1, shape: [3] },
];

const unaries: [(a: Tensor) => Tensor, (a: number) => number][] = [
  [(a) => a.neg(), (a) => -a],
  [(a) => a.tanh().exp(), (a) => Math.exp(Math.tanh(a))],
  [(a) => a.square().add(1).log(), (a) => Math.log(a * a + 1)],
  [(a) => a.reshape([a.size]).reshape(a.shape), (a) => a],
  [
    (a) =>
      a
        .expandDims(0)
        .broadcastTo([2, ...a.shape])
        .mean(0),
    (a) => a,
  ],
  [(a) => a.expandDims(0).sum(0), (a) => a],
];

const binaries: [(a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => number][] = [
  [(a, b) => a.add(b), (a, b) => a + b],
  [(a, b) => a.sub(b), (a, b) => a - b],
  [(a, b) => a.mul(b), (a, b) => a * b],
  [(a, b) => a.div(b.square().add(1)), (a, b) => a / (b * b + 1)],
  [(a, b) => a.max(b), Math.max],
];

const expression = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom(...leaves),
    fc.tuple(fc.constantFrom(...unaries), tie('tree')).map(
      ([[f, g], a]): Expression => ({
        tensor: f(a.tensor),
        values: (i) => g(a.values(i)),
        shape: a.shape,
      }),
    ),
    fc.tuple(fc.constantFrom(...binaries), tie('tree'), tie('tree')).map(
      ([[f, g], a, b]): Expression => ({
        tensor: f(a.tensor, b.tensor),
        values: (i) => g(a.values(i), b.values(i)),
        shape: a.shape.length > b.shape.length ? a.shape : b.shape,
      }),
    ),
  ),
})).tree;

test('whatever is simplified, values and shapes are those of the expression as it was written', () => {
  const matrix = Float64Array.from({ length: 6 }, (_, i) => leaves[0].values(i));
  const row = Float64Array.from({ length: 3 }, (_, i) => leaves[1].values(i));
  fc.assert(
    fc.property(expression, ({ tensor, values, shape }) => {
      expect(tensor.shape).toEqual(shape);
      const [actual] = evaluate([tensor], { values: { matrix, row } });
      actual.forEach((value, i) => {
        const wanted = values(i);
        if (!Number.isFinite(wanted)) return;
        expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted)));
      });
    }),
    { numRuns: 1000 },
  );
});
