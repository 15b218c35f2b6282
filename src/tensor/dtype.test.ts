import { expect, test } from 'vitest';
import { allocate, bytesPerElement, type DType, toData } from './index.js';

test('bytesPerElement is what an allocated array takes', () => {
  const dtypes: DType[] = ['float32', 'int32', 'uint8', 'bool'];
  for (const dtype of dtypes) expect(allocate(dtype, 5).byteLength).toBe(5 * bytesPerElement(dtype));
});

test('toData copies other numbers and passes on arrays of the right type', () => {
  const own = Int32Array.of(1, 2);
  expect(toData('int32', own)).toBe(own);
  expect(toData('float32', Float64Array.of(0.1))).toEqual(Float32Array.of(0.1));
  expect(toData('uint8', [1, 2])).toEqual(Uint8Array.of(1, 2));
});
