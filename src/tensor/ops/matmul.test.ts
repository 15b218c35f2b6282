import { expect, test } from 'vitest';
import { input } from '../index.js';

test('batches of matrices multiply one by one, and one matrix serves every batch', () => {
  const a = input('a', [5, 2, 3]);
  expect(a.matmul(input('b', [5, 3, 4])).shape).toEqual([5, 2, 4]);
  expect(a.matmul(input('c', [3, 4])).shape).toEqual([5, 2, 4]);
});

test('what does not multiply is refused with both shapes', () => {
  const message = (a: string, b: string) =>
    `matmul: ${a} and ${b} do not multiply; wanted [..., m, k] and [..., k, n]`;
  const a = input('a', [2, 3]);
  expect(() => a.matmul(a)).toThrow(message('[2, 3]', '[2, 3]'));
  expect(() => a.matmul(input('v', [3]))).toThrow(message('[2, 3]', '[3]'));
  expect(() => input('b', [4, 2, 3]).matmul(input('c', [5, 3, 2]))).toThrow(
    message('[4, 2, 3]', '[5, 3, 2]'),
  );
});
