import { expect, test } from 'vitest';
import { meanOver, RunningMean } from './metric.js';

const about = { name: 'x', unit: '', estimator: 'as it is' } as const;

test('a mean and its standard error are those of the definition, far from zero as well', () => {
  const values = [1e9 + 1, 1e9 + 2, 1e9 + 4];
  const { mean, standardError, count } = new RunningMean().addAll(values);
  expect([mean - 1e9, count]).toEqual([expect.closeTo(7 / 3, 6), 3]);
  // Var = ((4/3)² + (1/3)² + (5/3)²) / 2 = 7/3.
  expect(standardError).toBeCloseTo(Math.sqrt(7 / 9), 6);
});

test('one number has no standard error', () => {
  expect(meanOver([2], about)).toMatchObject({ value: 2, n: 1, standardError: null });
});

test('a mean that is no number is missing, with the reason', () => {
  expect(meanOver([1, Infinity], about)).toMatchObject({ value: null, reason: 'it is infinite' });
  expect(meanOver([1, Number.NaN], about)).toMatchObject({
    value: null,
    reason: 'it is not a number for some sample',
  });
});
