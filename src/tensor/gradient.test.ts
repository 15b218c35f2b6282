import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input } from './index.js';

test('d(x³)/dx = 3x², and its derivative is 6x', () => {
  const x = input('x', []);
  const [first] = grad(x.mul(x).mul(x), [x]);
  const [second] = grad(first, [x]);
  const [a, b] = evaluate([first, second], { values: { x: Float64Array.of(2) } });
  expect([a[0], b[0]]).toEqual([12, 12]);
});

test('equal expressions are one node', () => {
  const x = input('x', [2, 3]);
  expect(x.add(1).exp()).toBe(x.add(1).exp());
  expect(constant([1, 2])).toBe(constant([1, 2]));
});
