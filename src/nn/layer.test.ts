import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, input, type Tensor } from '../tensor/index.js';
import {
  type ActivationName,
  activations,
  flatten,
  type Layer,
  linear,
  onFirst,
  relu,
  reshape,
  residual,
  sequential,
  VariableTable,
} from './index.js';

const scope = () => new VariableTable().scope({ training: true });
const valuesOf = (y: Tensor) => Array.from(evaluate([y])[0]);
const scaled =
  (factor: number): Layer =>
  () =>
  (x) =>
    x.mul(factor);

test('layers in sequence are applied in their order, in scopes numbered from 0', () => {
  const root = scope();
  const network = sequential(linear(4), relu, sequential(linear(5)), linear(2))(root.child('net'));
  expect(network(input('x', [3, 7])).shape).toEqual([3, 2]);
  expect(root.variables.map(({ name }) => name).filter((name) => name.endsWith('weight'))).toEqual([
    'net.0.weight',
    'net.2.0.weight',
    'net.3.weight',
  ]);
  expect(valuesOf(sequential(scaled(2), () => (x) => x.add(1))(scope())(constant([1, 2])))).toEqual([3, 5]);
  const x = constant([1, 2]);
  expect(sequential()(scope())(x)).toBe(x);
});

test('a residual block adds its input, projected where the branch changes the shape', () => {
  const x = constant([1, 2], 'float32', [1, 2]);
  expect(valuesOf(residual(scaled(10))(scope())(x))).toEqual([11, 22]);
  const root = scope();
  const block = residual(linear(3), linear(3, { bias: false }))(root);
  expect(block(x).shape).toEqual([1, 3]);
  expect(root.variables.map(({ name }) => name)).toEqual(['branch.weight', 'branch.bias', 'skip.weight']);
});

test('a residual block whose paths end in different shapes is refused', () => {
  expect(() => residual(linear(1))(scope())(input('x', [5, 4]))).toThrow(
    'residual: the branch gives [5, 1] but the skip path [5, 4]; project the skip path',
  );
});

test('flatten and reshape keep the batch', () => {
  const x = input('x', [5, 2, 3]);
  expect(flatten(scope())(x).shape).toEqual([5, 6]);
  expect(reshape([3, 2])(scope())(x).shape).toEqual([5, 3, 2]);
  expect(() => reshape([4])(scope())(x)).toThrow(
    'reshape: samples of shape [2, 3] do not hold the elements of [4]',
  );
});

test('onFirst makes its value of the first input, once, even when that is nothing', () => {
  let made = 0;
  const make = onFirst((x) => {
    made++;
    return x.rank === 1 ? undefined : x;
  });
  make(input('a', [1]));
  expect(make(input('b', [1, 2]))).toBeUndefined();
  expect(made).toBe(1);
});

test('activations are the functions of their names', () => {
  const x = [-2, -0.5, 0, 1, 3];
  const phi = (v: number) => 0.5 * (1 + evaluate([constant(v / Math.SQRT2).erf()])[0][0]);
  const functions: Record<ActivationName, (v: number) => number> = {
    relu: (v) => Math.max(v, 0),
    leakyRelu: (v) => (v > 0 ? v : 0.01 * v),
    elu: (v) => (v > 0 ? v : Math.expm1(v)),
    gelu: (v) => v * phi(v),
    silu: (v) => v / (1 + Math.exp(-v)),
    tanh: Math.tanh,
    sigmoid: (v) => 1 / (1 + Math.exp(-v)),
    softplus: (v) => Math.log(1 + Math.exp(v)),
    identity: (v) => v,
  };
  for (const [name, f] of Object.entries(functions) as [ActivationName, (v: number) => number][]) {
    valuesOf(activations[name](scope())(constant(x))).forEach((value, i) => {
      expect(value, name).toBeCloseTo(f(x[i]), 14);
    });
  }
});
