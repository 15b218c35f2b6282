import { expect, test } from 'vitest';
import { constant, grad, input } from '../index.js';

test('assignment takes square matrices of costs and a tolerance up to 1', () => {
  expect(input('c', [2, 3, 3]).assignment(0.01).shape).toEqual([2, 3]);
  expect(input('c', [2, 3, 3]).assignment(1).dtype).toBe('int32');
  for (const shape of [
    [3, 3],
    [2, 3, 4],
  ])
    expect(() => input('c', shape).assignment(0.01)).toThrow(
      'assignment: needs costs of shape [batch, n, n] but got',
    );
  for (const tolerance of [0, -1, 2, Number.NaN])
    expect(() => input('c', [2, 3, 3]).assignment(tolerance)).toThrow(
      `assignment: tolerance ${tolerance} is not in (0, 1]`,
    );
  expect(() => input('c', [2, 3, 3], 'int32').assignment(1)).toThrow('assignment: needs float32');
});

test('no gradient passes a matching', () => {
  const cost = input('c', [2, 3, 3]);
  const [gradient] = grad(cost.assignment(0.5).cast('float32').sum(), [cost]);
  expect(gradient).toBe(constant(0).broadcastTo([2, 3, 3]));
});
