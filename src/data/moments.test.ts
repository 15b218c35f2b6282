import { expect, test } from 'vitest';
import { moments } from './index.js';

const data = Float32Array.from({ length: 7 * 3 }, (_, i) => ((i * 37) % 11) + 1000);

/** By the definition, one pair of coordinates after the other. */
function plain(rows: readonly number[]) {
  const at = (row: number, k: number) => data[row * 3 + k];
  const average = (f: (row: number) => number) => rows.reduce((sum, row) => sum + f(row), 0) / rows.length;
  const mean = [0, 1, 2].map((k) => average((row) => at(row, k)));
  const covariance = [0, 1, 2].flatMap((i) =>
    [0, 1, 2].map((j) => average((row) => (at(row, i) - mean[i]) * (at(row, j) - mean[j]))),
  );
  return { mean, covariance };
}

test.each([[[0, 1, 2, 3, 4, 5, 6]], [[0, 1, 2, 3]], [[5, 2]], [[4]]])(
  'mean and covariance of rows %j',
  (rows) => {
    const { mean, covariance } = moments({ data, count: 7, dimensions: 3 }, rows);
    const wanted = plain(rows);
    wanted.mean.forEach((value, k) => {
      expect(mean[k]).toBeCloseTo(value, 9);
    });
    wanted.covariance.forEach((value, k) => {
      expect(covariance[k]).toBeCloseTo(value, 9);
    });
  },
);

test('all rows, where none are named', () => {
  const points = { data, count: 7, dimensions: 3 };
  expect(moments(points)).toEqual(moments(points, [0, 1, 2, 3, 4, 5, 6]));
});
