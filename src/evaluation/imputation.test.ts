import { expect, test } from 'vitest';
import { pictures, tableOf } from '../conformance/models.js';
import { imputationErrors } from './imputation.js';

test('errors are over missing numbers alone, in a column’s own units, beside a guess that ignores the others', () => {
  const spec = tableOf([
    { name: 'a', type: 'numeric', mean: 10, deviation: 2 },
    { name: 'b', type: 'categorical', categories: ['x', 'y'] },
    { name: 'c', type: 'count' },
  ]);
  const truth = [10, 0, 4, 12, 1, 2, 14, 1, 8];
  const completed = [10, 0, 5, 15, 0, 2, 18, 1, 9];
  const missing = [0, 0, 1, 1, 1, 0, 1, 0, 0];
  expect(imputationErrors(spec, { truth, completed, missing })).toEqual([
    {
      column: 'a',
      missing: 2,
      kind: 'rmse',
      value: Math.sqrt((9 + 16) / 2),
      baseline: Math.sqrt((4 + 16) / 2),
    },
    // Of 0 and 1, seen once each, the first is as frequent.
    { column: 'b', missing: 1, kind: 'error', value: 1, baseline: 1 },
    { column: 'c', missing: 1, kind: 'rmse', value: 1, baseline: 1 },
  ]);
});

test('of pixels the error is that of intensities', () => {
  const samples = { truth: [0, 255, 51, 0], completed: [255, 255, 0, 0], missing: [0, 1, 1, 0] };
  expect(imputationErrors(pictures(2, 2, 1), samples)).toEqual([
    { missing: 2, kind: 'rmse', value: Math.sqrt(0.04 / 2) },
  ]);
});
