import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inRandomOrder, type Part, splitDataset } from './split.js';

const indicesOf = (part: Part) => Array.from({ length: part.size }, (_, i) => part.at(i));

test('the parts of a split are disjoint, not empty, and cover the data', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 3000 }), fc.integer({ min: 0, max: 2998 }), (size, given) => {
      const testSize = given > 0 && given <= size - 2 ? given : undefined;
      const { train, validation, test } = splitDataset({ name: 'x', size, testSize });
      const parts = [train, validation, test].map(indicesOf);
      expect(parts.every((part) => part.length > 0)).toBe(true);
      expect(parts.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
    }),
    { numRuns: 50 },
  );
});

test('a test set that came with the data is the test part, in its order', () => {
  const { test: part } = splitDataset({ name: 'x', size: 10, testSize: 4 });
  expect(indicesOf(part)).toEqual([6, 7, 8, 9]);
});

test('a tenth is for testing and a twentieth of the rest for validation, but at most 5,000 each', () => {
  const sizes = (size: number, testSize?: number) => {
    const { train, validation, test } = splitDataset({ name: 'x', size, testSize });
    return [train.size, validation.size, test.size];
  };
  expect(sizes(1000)).toEqual([855, 45, 100]);
  expect(sizes(70_000, 10_000)).toEqual([57_000, 3000, 10_000]);
  expect(sizes(737_280)).toEqual([727_280, 5000, 5000]);
  expect(sizes(3)).toEqual([1, 1, 1]);
});

test('the split depends on the size alone', () => {
  const data = { name: 'x', size: 1000 };
  expect(indicesOf(splitDataset(data).validation)).toEqual(
    indicesOf(splitDataset({ ...data, name: 'y' }).validation),
  );
});

test.each([
  [
    { name: 'tiny', size: 2 },
    'tiny: has too few samples (2) for a training, a validation and a test part; give more',
  ],
  [
    { name: 'tiny', size: 5, testSize: 4 },
    'tiny: has too few samples (1 beside the test set of 4) for a training, a validation and a test part; give more',
  ],
])('%j is too small to split', (data, message) => {
  expect(() => splitDataset(data)).toThrow(message);
});

test('a position outside a part is refused', () => {
  const { validation } = splitDataset({ name: 'x', size: 100 });
  expect(() => validation.at(validation.size)).toThrow(RangeError);
});

test('a part in random order has the same samples, and neighbours of the data far apart', () => {
  const { test: part } = splitDataset({ name: 'x', size: 3000, testSize: 1000 });
  const indices = indicesOf(inRandomOrder(part));
  expect(indicesOf(inRandomOrder(part))).toEqual(indices);
  expect(indices.slice().sort((a, b) => a - b)).toEqual(indicesOf(part));
  // Neighbours of a random order are a third of the size apart on average.
  const apart = indices.slice(1).reduce((sum, index, i) => sum + Math.abs(index - indices[i]), 0) / 999;
  expect(apart).toBeGreaterThan(280);
  expect(apart).toBeLessThan(390);
});
