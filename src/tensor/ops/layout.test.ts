import { expect, test } from 'vitest';
import { concat, input } from '../index.js';

const x = input('x', [2, 3, 4]);

test('transpose takes axis i from the place the permutation names', () => {
  expect(x.transpose([2, 0, 1]).shape).toEqual([4, 2, 3]);
  expect(x.swapLastAxes().shape).toEqual([2, 4, 3]);
});

test('what is not a permutation of the axes is refused', () => {
  for (const wrong of [
    [0, 1],
    [0, 1, 1],
    [0, 1, 3],
  ]) {
    expect(() => x.transpose(wrong)).toThrow(
      `transpose: [${wrong.join(', ')}] does not permute the axes of shape [2, 3, 4]`,
    );
  }
});

test('only lengths of 1 stretch', () => {
  expect(input('y', [3, 1]).broadcastTo([2, 3, 4]).shape).toEqual([2, 3, 4]);
  expect(() => x.broadcastTo([2, 3, 5])).toThrow('broadcastTo: [2, 3, 4] does not stretch to [2, 3, 5]');
  expect(() => x.broadcastTo([3, 4])).toThrow('broadcastTo: [2, 3, 4] does not stretch to [3, 4]');
});

test('pad adds to both ends, and cannot take away', () => {
  expect(
    x.pad([
      [1, 2],
      [0, 0],
      [0, 3],
    ]).shape,
  ).toEqual([5, 3, 7]);
  expect(() => x.pad([[1, 1]])).toThrow('pad: 1 widths for a tensor of shape [2, 3, 4]');
  expect(() => input('y', [3]).pad([[-1, 0]])).toThrow(
    'pad: cannot pad shape [3] by [-1] before and [0] after',
  );
});

test('what is joined differs along the axis only, and in nothing else', () => {
  expect(concat([x, input('y', [2, 3, 1])]).shape).toEqual([2, 3, 5]);
  expect(() => concat([x, x.cast('int32')])).toThrow(
    'concat: float32 and int32 do not mix; cast one of them',
  );
  expect(() => concat([x, input('z', [2, 4])])).toThrow(
    'concat: shapes [2, 3, 4] and [2, 4] differ beside axis 2',
  );
});
