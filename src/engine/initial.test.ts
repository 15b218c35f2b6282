import { expect, test } from 'vitest';
import { Variable } from '../tensor/index.js';
import { initialValues } from './index.js';

const noisy = (name: string) => new Variable(name, [3], (_, draws) => draws.normal(3));

test('a variable’s initial value depends on the seed and its own name, not on its neighbours', () => {
  const alone = initialValues([noisy('b')], 1).get('b');
  expect(initialValues([noisy('a'), noisy('b')], 1).get('b')).toEqual(alone);
  expect(initialValues([noisy('b')], 2).get('b')).not.toEqual(alone);
  expect(initialValues([noisy('a')], 1).get('a')).not.toEqual(alone);
});

test('every call of an initialiser continues the stream', () => {
  const twice = new Variable('w', [2, 2], (_, draws) => [...draws.normal(2), ...draws.normal(2)]);
  const [a, b, c, d] = initialValues([twice], 1).get('w') ?? [];
  expect([a, b]).not.toEqual([c, d]);
});

test('values come in the variable’s own type', () => {
  const counter = new Variable('n', [2], () => [1, 2], { dtype: 'int32' });
  expect(initialValues([counter], 0).get('n')).toEqual(Int32Array.of(1, 2));
});

test('an initialiser that fills another shape is refused by name', () => {
  const wrong = new Variable('layer.weight', [2, 3], () => [1, 2]);
  expect(() => initialValues([wrong], 0)).toThrow(
    "variable 'layer.weight' of shape [2, 3] takes 6 values but its initialiser gave 2",
  );
});
