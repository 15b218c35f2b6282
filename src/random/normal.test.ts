import { expect, test } from 'vitest';
import { normalQuantile } from './index.js';

/** Quantiles computed with 40-digit arithmetic (mpmath), rounded to double. */
const QUANTILES: [p: number, z: number][] = [
  [1e-300, -37.0470962993612],
  [1e-100, -21.273453560965326],
  [1e-17, -8.493793224109599],
  [1e-10, -6.361340902404057],
  [1e-4, -3.7190164854556804],
  [0.5, 0],
  [0.6, 0.2533471031357998],
  [0.9, 1.2815515655446004],
  [0.925, 1.439531470938456],
  [0.975, 1.9599639845400543],
  [0.999, 3.0902323061678136],
];

test('quantiles have 15 correct digits from the middle to the far tail', () => {
  for (const [p, z] of QUANTILES) {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(8e-16 * Math.max(1, Math.abs(z)));
  }
});

/** Φ(−z) for z ≥ 1 by Laplace's continued fraction φ(z) / (z + 1/(z + 2/(z + …))). */
function lowerTail(z: number): number {
  let fraction = 0;
  for (let n = 300; n >= 1; n--) fraction = n / (z + fraction);
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / (z + fraction);
}

/** Φ(z) − ½ for small z: φ(z) Σ z^(2n+1) / (1·3·5···(2n+1)). */
function middle(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

test('Φ(Φ⁻¹(p)) = p', () => {
  for (let exponent = 0.7; exponent < 300; exponent *= 1.05) {
    const p = 10 ** -exponent;
    const z = -normalQuantile(p);
    // A relative error of z comes back at most 2 + z² times as large; both ways make a few roundings of 1e-16.
    const tolerance = 1e-15 * (2 + z * z);
    const back = z > 1 ? lowerTail(z) : 0.5 - middle(z);
    expect(Math.abs(back / p - 1)).toBeLessThan(tolerance);
  }
});

test('the quantile function is odd about ½ and grows', () => {
  let last = -Infinity;
  for (let i = 1; i < 4096; i++) {
    const z = normalQuantile(i / 4096);
    expect(z).toBeGreaterThan(last);
    expect(normalQuantile(1 - i / 4096)).toBe(z === 0 ? 0 : -z);
    last = z;
  }
});

test('the ends are infinite, and what is no probability has no quantile', () => {
  expect([0, 1, -0.1, 1.1, Number.NaN].map(normalQuantile)).toEqual([
    -Infinity,
    Infinity,
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
});
