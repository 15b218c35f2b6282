import { expect, test } from 'vitest';
import { input } from '../index.js';

const indices = input('i', [5, 2], 'int32');

test('gathered rows take the place of their indices, and scattering sends them back', () => {
  const x = input('x', [7, 3, 4]);
  expect(x.gather(indices).shape).toEqual([5, 2, 3, 4]);
  expect(x.gather(indices).scatterAdd(indices, 7).shape).toEqual([7, 3, 4]);
});

test('rows that cannot be addressed are refused', () => {
  expect(() => input('s', []).gather(indices)).toThrow('gather: a scalar has no rows');
  expect(() => input('x', [7]).gather(input('f', [2]))).toThrow(
    'gather: needs int32 but got float32 of shape [2]',
  );
  expect(() => input('u', [5, 3]).scatterAdd(indices, 7)).toThrow(
    "scatterAdd: updates [5, 3] do not start with the indices' shape [5, 2]",
  );
  expect(() => input('u', [5, 2]).scatterAdd(indices, -1)).toThrow('scatterAdd: [-1] is not a shape');
});
