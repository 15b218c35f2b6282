import { expect, test } from 'vitest';
import { constant, input, ShapeError } from './index.js';
import { broadcastShapes, normaliseAxes, requireShape, sizeOf, stridesOf } from './shape.js';

test('shapes are aligned at their last axis and a length of 1 stretches', () => {
  expect(broadcastShapes('add', [5, 1, 3], [4, 1])).toEqual([5, 4, 3]);
  expect(broadcastShapes('add', [], [2, 0], [1])).toEqual([2, 0]);
  expect(broadcastShapes('where', [1], [3, 1], [1, 2])).toEqual([3, 2]);
});

test('shapes that do not broadcast are refused with all of them written out', () => {
  expect(() => broadcastShapes('add', [2, 3], [2])).toThrow('add: shapes [2, 3] and [2] do not broadcast');
  expect(() => broadcastShapes('mul', [0], [2])).toThrow('mul: shapes [0] and [2] do not broadcast');
});

test('axes count from either end and may not be named twice', () => {
  expect(normaliseAxes('sum', [-1, 0], 3)).toEqual([0, 2]);
  expect(normaliseAxes('sum', undefined, 2)).toEqual([0, 1]);
  expect(() => normaliseAxes('sum', [1, -1], 2)).toThrow('sum: axes [1, -1] name one twice');
  expect(() => normaliseAxes('sum', 2, 2)).toThrow('sum: axis 2 is outside a tensor of 2 axes');
  expect(() => normaliseAxes('sum', 0.5, 2)).toThrow('sum: axis 0.5 is outside a tensor of 2 axes');
});

test('lengths are whole numbers from 0', () => {
  const message = 'input: [2, -1] is not a shape: lengths are whole numbers from 0';
  expect(() => requireShape('input', [2, -1])).toThrow(message);
  expect(() => input('x', [Number.NaN])).toThrow('input: [NaN] is not a shape');
  expect(() => requireShape('input', [0])).not.toThrow();
});

test('strides are row-major and a scalar has one element', () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(sizeOf([])).toBe(1);
});

test('the stack of a ShapeError starts at the line that built the graph, however deep the check was', () => {
  const x = input('x', [2, 3]);
  const mistakes = [
    () => x.add(constant([1, 2])),
    () => x.matmul(x),
    () => x.reshape([7]),
    () => x.mean(5),
    () => x.slice([[0, 9]]),
  ];
  for (const mistake of mistakes) {
    try {
      mistake();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ShapeError);
      const [first] = (error as ShapeError).stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
      expect(first).toContain('shape.test');
    }
  }
});
