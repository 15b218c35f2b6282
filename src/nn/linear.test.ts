import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, type Draws, grad, input, type Tensor } from '../tensor/index.js';
import { embedding, filled, linear, VariableTable } from './index.js';

const scope = () => new VariableTable().scope({ training: true });
const valuesOf = (y: Tensor, values: Record<string, number[]>) => {
  const feeds = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, Float64Array.from(v)]));
  return Array.from(evaluate([y], { values: feeds })[0]);
};

test('a linear layer is x W + b over the last axis', () => {
  const network = linear(2)(scope());
  const y = network(input('x', [1, 2, 3]));
  expect(y.shape).toEqual([1, 2, 2]);
  const values = { x: [1, 2, 3, 4, 5, 6], weight: [1, 0, 0, 1, 1, 1], bias: [10, 20] };
  expect(valuesOf(y, values)).toEqual([14, 25, 20, 31]);
});

test('its variables are made at the first call and shared by the later ones', () => {
  const root = scope();
  const network = linear(4, { biasValue: filled(1) })(root.child('head'));
  expect(root.variables).toEqual([]);
  network(input('a', [5, 3]));
  network(input('b', [7, 3]));
  expect(root.variables.map(({ name, shape }) => [name, shape])).toEqual([
    ['head.weight', [3, 4]],
    ['head.bias', [4]],
  ]);
  const draws: Draws = {
    normal: () => new Float32Array(),
    uniform: () => new Float32Array(),
    of: () => draws,
  };
  expect(root.variables[1].initialiser([2], draws)).toEqual(Float32Array.of(1, 1));
});

test('a linear layer without bias has one variable', () => {
  const root = scope();
  linear(4, { bias: false })(root)(input('x', [5, 3]));
  expect(root.variables.map(({ name }) => name)).toEqual(['weight']);
});

test('a later input of another width is refused', () => {
  const network = linear(4)(scope());
  network(input('a', [5, 3]));
  expect(() => network(input('b', [5, 2]))).toThrow('matmul: [5, 2] and [3, 4] do not multiply');
});

test('an embedding looks rows up, and its gradient goes back to the rows that were used', () => {
  const root = scope();
  const network = embedding(3, 2)(root);
  const rows = network(constant([2, 0, 2, 2], 'int32', [2, 2]));
  expect(rows.shape).toEqual([2, 2, 2]);
  const table = { weight: [1, 2, 3, 4, 5, 6] };
  expect(valuesOf(rows, table)).toEqual([5, 6, 1, 2, 5, 6, 5, 6]);
  expect(valuesOf(grad(rows.sum(), root.variables)[0], table)).toEqual([1, 1, 0, 0, 3, 3]);
});

test('indices of an embedding are whole numbers', () => {
  const network = embedding(3, 2)(scope());
  expect(() => network(input('x', [4]))).toThrow('embedding: needs int32 indices but got float32[4]');
});
