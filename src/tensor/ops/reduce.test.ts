import { expect, test } from 'vitest';
import { input } from '../index.js';

test('there is no maximum of nothing, but its sum is 0', () => {
  const empty = input('x', [2, 0]);
  expect(empty.sum(1).shape).toEqual([2]);
  expect(() => empty.amax(1)).toThrow('max: nothing to choose from along axes [1] of shape [2, 0]');
  expect(() => empty.argMax()).toThrow('argMax: nothing to choose from along axes [1] of shape [2, 0]');
  expect(empty.amax(0).shape).toEqual([0]);
});

test('topK takes at least one and at most all', () => {
  const x = input('x', [2, 3]);
  expect(x.topK(3).shape).toEqual([2, 3]);
  for (const k of [0, 4, 1.5]) {
    expect(() => x.topK(k)).toThrow(`topK: cannot take ${k} elements along the last axis of shape [2, 3]`);
  }
});

test('reductions are for numbers', () => {
  expect(() => input('b', [2], 'bool').sum()).toThrow(
    'sum: needs float32 or int32 but got bool of shape [2]',
  );
  expect(() => input('u', [2], 'uint8').cumsum()).toThrow('cumsum: needs float32 or int32 but got uint8');
});
