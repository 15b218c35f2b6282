import { expect, test } from 'vitest';
import { compute, numericTable, pictures } from '../conformance/models.js';
import { describeData } from '../systems/index.js';
import { constant, fill } from '../tensor/index.js';
import { perturbed } from './perturbation.js';

const grey = describeData(pictures(20, 20, 1), { size: 9 });
const binary = describeData(pictures(20, 20, 1), { size: 9, binarise: 'threshold' });
const SHAPE = [50, 20, 20, 1];
const COUNT = 20_000;

const valuesOf = (data: typeof grey, share: number) =>
  compute([perturbed(data, fill(SHAPE, 0.4), share)], { seed: 3 })[0].map(Math.fround);

test('a share of the numbers become levels, every one as likely, and the others stay bit for bit', () => {
  const values = valuesOf(grey, 0.3);
  const changed = values.filter((value) => value !== Math.fround(0.4));
  // A number in 256 is drawn as it was: 0.4 is level 102.
  const expected = 0.3 * COUNT;
  expect(Math.abs(changed.length - expected)).toBeLessThan(4 * Math.sqrt(expected * 0.7));
  const levels = changed.map((value) => Math.round(255 * value));
  for (const value of changed) expect(Math.abs(255 * value - Math.round(255 * value))).toBeLessThan(1e-3);
  expect(Math.min(...levels)).toBe(0);
  expect(Math.max(...levels)).toBe(255);
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  // Of uniform levels the deviation is 255/√12 or so.
  expect(Math.abs(mean - 127.5)).toBeLessThan(4 * (74 / Math.sqrt(levels.length)));
});

test('of binarised pictures numbers become 0 or 1', () => {
  const changed = valuesOf(binary, 1).filter((value) => value !== 0);
  expect(new Set(changed)).toEqual(new Set([1]));
  expect(Math.abs(changed.length - COUNT / 2)).toBeLessThan(4 * Math.sqrt(COUNT / 4));
});

test('without a share nothing is added, and what is no picture is refused', () => {
  const x = fill(SHAPE, 0.4);
  expect(perturbed(grey, x, 0)).toBe(x);
  const table = describeData(numericTable(2), { size: 9 });
  expect(() => perturbed(table, constant([1, 2]), 0.1)).toThrow(
    'perturb: has no effect on tables; leave it out',
  );
});
