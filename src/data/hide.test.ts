import { expect, test } from 'vitest';
import { pictures, tableOf } from '../conformance/models.js';
import { type Hiding, hidden } from './hide.js';
import { sequenceOf } from './specs.js';

const picture = pictures(4, 4, 2);
const table = tableOf([
  { name: 'a', type: 'numeric' },
  { name: 'b', type: 'numeric' },
]);
const grid = (how: Hiding) =>
  Array.from({ length: 4 }, (_, y) => [...hidden(picture, 1, how).subarray(8 * y, 8 * y + 8)].join(''));

test('half a picture is its lower half, a box stands in its middle', () => {
  expect(grid({ kind: 'half' })).toEqual(['11111111', '11111111', '00000000', '00000000']);
  expect(grid({ kind: 'box' })).toEqual(['11111111', '11000011', '11000011', '11111111']);
});

test('half a sequence is what comes later', () => {
  const sequence = sequenceOf(4, table.kind === 'table' ? table : (undefined as never));
  expect([...hidden(sequence, 2, { kind: 'half' })].join('')).toBe('1111000011110000');
});

test('columns are hidden by name', () => {
  expect([...hidden(table, 2, { kind: 'columns', names: ['b'] })]).toEqual([1, 0, 1, 0]);
});

test('at random, channels of a pixel go together, as many as asked for, and the same in any company', () => {
  const how = { kind: 'random', share: 0.3 } as const;
  const many = hidden(picture, 500, how, 7);
  for (let i = 0; i < many.length; i += 2) expect(many[i]).toBe(many[i + 1]);
  const share = 1 - many.reduce((sum, mark) => sum + mark, 0) / many.length;
  expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / 8000));
  expect(hidden(picture, 3, how, 7)).toEqual(many.subarray(0, 96));
  expect(hidden(picture, 500, how, 8)).not.toEqual(many);
});

test('what there is not cannot be hidden', () => {
  expect(() => hidden(table, 1, { kind: 'box' })).toThrow('rows of 2 columns have no box to hide');
  expect(() => hidden(table, 1, { kind: 'columns', names: ['c'] })).toThrow(
    "there is no column 'c' to hide; there are a, b",
  );
  expect(() => hidden(picture, 1, { kind: 'columns', names: ['banana'] })).toThrow(
    "have no column 'banana' to hide; they have half, box and random=SHARE",
  );
  expect(() => hidden({ kind: 'points', shape: [5, 3], dtype: 'float32' }, 1, { kind: 'half' })).toThrow(
    'clouds of points have no places to make holes in',
  );
});
