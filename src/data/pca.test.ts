import { expect, test } from 'vitest';
import { RandomStream } from '../random/index.js';
import { principalComponents } from './pca.js';

/** Points a·u + b·v + noise with deviations 5, 2 and 0.1, u and v unit vectors at right angles. */
function tilted(count: number) {
  const u = [2 / 3, 2 / 3, 1 / 3];
  const v = [-2 / 3, 1 / 3, 2 / 3];
  const noise = new RandomStream(1, 'pca').normal(new Float32Array(5 * count));
  const data = Float32Array.from({ length: 3 * count }, (_, at) => {
    const [row, k] = [Math.floor(at / 3), at % 3];
    return 10 + 5 * noise[5 * row] * u[k] + 2 * noise[5 * row + 1] * v[k] + 0.1 * noise[5 * row + 2 + k];
  });
  return { points: { data, count, dimensions: 3 }, u, v };
}

test('the components are the directions that the points were spread along, with their shares of the variance', () => {
  const { points, u, v } = tilted(20_000);
  const { mean, directions, explained } = principalComponents(points, 2);
  const dot = (from: number, w: number[]) => w.reduce((sum, x, k) => sum + x * directions[from + k], 0);
  // Estimates from 20,000 points: directions to about 0.5 / √20,000, shares to √(2 / 20,000) of themselves.
  expect(Math.abs(dot(0, u))).toBeGreaterThan(0.9998);
  expect(Math.abs(dot(3, v))).toBeGreaterThan(0.9998);
  expect(explained[0]).toBeCloseTo(25 / 29, 1.5);
  expect(explained[1]).toBeCloseTo(4 / 29, 1.5);
  for (const m of mean) expect(m).toBeCloseTo(10, 0);
});

test('projected points have mean 0, no covariance, and the explained shares of the variance', () => {
  const { points } = tilted(3000);
  const { projected, explained } = principalComponents(points, 3);
  const moment = (a: number, b: number) => {
    let sum = 0;
    for (let row = 0; row < 3000; row++) sum += projected[3 * row + a] * projected[3 * row + b];
    return sum / 3000;
  };
  const whole = moment(0, 0) + moment(1, 1) + moment(2, 2);
  for (let a = 0; a < 3; a++) {
    expect(moment(a, a) / whole).toBeCloseTo(explained[a], 10);
    for (let b = 0; b < a; b++) expect(Math.abs(moment(a, b) / whole)).toBeLessThan(1e-10);
  }
});

test('a point that is not finite does not count, and its projection is NaN', () => {
  const { points } = tilted(100);
  const clean = principalComponents({ ...points, data: points.data.slice(3), count: 99 }, 2);
  points.data[1] = Number.NaN;
  const spoilt = principalComponents(points, 2);
  expect([...spoilt.projected.subarray(0, 2)]).toEqual([Number.NaN, Number.NaN]);
  expect(spoilt.projected.subarray(2)).toEqual(clean.projected);
});

test('the largest entry of a direction is positive, so that a map does not flip', () => {
  const { points } = tilted(500);
  const { directions } = principalComponents(points, 2);
  for (const from of [0, 3]) {
    const row = [...directions.subarray(from, from + 3)];
    const largest = row.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best));
    expect(largest).toBeGreaterThan(0);
  }
});

test('points that do not vary have components that explain nothing', () => {
  const { explained } = principalComponents({ data: new Array(30).fill(4), count: 10, dimensions: 3 }, 2);
  expect([...explained]).toEqual([0, 0]);
});

test('more components than dimensions, and data of another size, are refused', () => {
  expect(() => principalComponents({ data: [1, 2], count: 2, dimensions: 1 }, 2)).toThrow(
    'pca: points of 1 dimensions have no 2 principal components; ask for fewer',
  );
  expect(() => principalComponents({ data: [1, 2, 3], count: 2, dimensions: 2 }, 1)).toThrow(
    'pca: 3 values are not 2 points of 2 dimensions',
  );
});
