import { expect, test } from 'vitest';
import { numericTable, pictures } from '../conformance/models.js';
import type { SampleSpec } from '../data/index.js';
import { defaultLatent, describeData } from './index.js';

test('a code is as long as its samples are worth, and never longer than a picture', () => {
  const latent = (spec: SampleSpec) => defaultLatent(describeData(spec, { size: 1 }));
  expect(latent(pictures(1, 1, 1))).toBe(1);
  expect(latent(pictures(2, 2, 3))).toBe(12);
  expect(latent(pictures(28, 28, 1))).toBe(20);
  expect(latent(pictures(64, 64, 1))).toBe(10);
  expect(latent(pictures(64, 64, 3))).toBe(64);
  expect(latent(numericTable(1))).toBe(1);
  expect(latent(numericTable(9))).toBe(5);
  expect(latent(numericTable(100))).toBe(8);
});
