import { expect, test } from 'vitest';
import { minimise } from './minimise.js';

/** Of ½ Σ a_i (x_i − c_i)². */
const quadratic = (a: readonly number[], c: readonly number[]) => async (x: Float64Array) =>
  x.map((value, i) => a[i] * (value - c[i]));

test('the least value of a quadratic function is found, however different its curvatures are', async () => {
  const curvatures = [1e-3, 0.1, 1, 20, 1e3];
  const centre = [3, -2, 0.5, 7, -1];
  const { at, converged } = await minimise(quadratic(curvatures, centre), new Float64Array(5), {
    tolerance: 1e-9,
  });
  expect(converged).toBe(true);
  at.forEach((value, i) => {
    expect(value).toBeCloseTo(centre[i], 5);
  });
});

test('a function that is steep far out and flat near its least value is walked to the end', async () => {
  // Of Σ log cosh(x_i − i), whose curvature is nearly none beyond a few units.
  const { at, converged } = await minimise(
    async (x) => x.map((value, i) => Math.tanh(value - i)),
    Float64Array.of(40, -60, 5),
  );
  expect(converged).toBe(true);
  at.forEach((value, i) => {
    expect(value).toBeCloseTo(i, 4);
  });
});

test('where the gradient is small already, nothing moves', async () => {
  const { at, iterations, converged } = await minimise(quadratic([1], [2]), Float64Array.of(2 + 1e-6));
  expect([at[0], iterations, converged]).toEqual([2 + 1e-6, 0, true]);
});

test('running out of iterations is told', async () => {
  const { converged, iterations } = await minimise(quadratic([1, 50], [1, 1]), new Float64Array(2), {
    mostIterations: 1,
  });
  expect([converged, iterations]).toEqual([false, 1]);
});
