import { expect, test } from 'vitest';
import { besselValues, logModeDensity, logSphereArea, vonMisesFisherKl } from './bessel.js';

// Values by 40-digit arithmetic, cut after the digits shown.
test.each([
  [3, 1, 0.151595924],
  [3, 10, 1.995732317],
  [6, 10, 2.500193504],
  [11, 10, 2.43834453],
  [11, 100, 12.069264378],
  [21, 100, 17.350562184],
  [41, 100, 22.478793159],
  [41, 10_000, 110.815877804],
])('in %i dimensions at κ = %f the KL to the uniform distribution is %f nats', (m, kappa, expected) => {
  expect(Math.abs(vonMisesFisherKl(m, kappa) - expected)).toBeLessThan(1e-9);
});

test.each([
  [11, 10, 0.604922676781],
  [41, 100, 0.819008556966],
  [2, 1, 0.446389965897],
])('in %i dimensions at κ = %f the mean has length %f', (m, kappa, expected) => {
  expect(besselValues(m, kappa).ratio).toBeCloseTo(expected, 12);
});

test.each([
  [5, 2, 0.147389],
  [2, 3, 0.073929],
  [6, 5, 0.061547],
  [11, 10, 0.029146],
  [41, 60, 0.003844],
])('in %i dimensions at κ = %f the variance along the mean is %f', (m, kappa, expected) => {
  const { ratio, slope } = besselValues(m, kappa);
  expect(slope).toBeCloseTo(expected, 6);
  expect(slope).toBeCloseTo(1 - ratio ** 2 - ((m - 1) * ratio) / kappa, 12);
});

test('on the circle and on the sphere of three dimensions the ratio has its known forms', () => {
  // A = coth κ − 1/κ in three dimensions; on the circle, I₀ and I₁ by their power series.
  for (const kappa of [0.3, 1, 5, 20]) {
    expect(besselValues(3, kappa).ratio).toBeCloseTo(1 / Math.tanh(kappa) - 1 / kappa, 13);
    let [term, zero, one] = [1, 0, 0];
    for (let k = 0; k < 100; k++) {
      zero += term;
      one += (term * kappa) / 2 / (k + 1);
      term *= (kappa / 2) ** 2 / (k + 1) ** 2;
    }
    expect(besselValues(2, kappa).ratio).toBeCloseTo(one / zero, 13);
    expect(besselValues(2, kappa).logScaled).toBeCloseTo(Math.log(zero) - kappa, 12);
  }
});

test('the density integrates to 1 over the sphere', () => {
  // ∫ C e^(κw) (1 − w²)^((m−3)/2) dw · area of the sphere one dimension below, by the midpoint rule in an angle.
  const cells = 2000;
  for (const [m, kappa] of [
    [2, 3],
    [4, 0.1],
    [11, 40],
    [40, 7],
  ]) {
    let integral = 0;
    for (let i = 0; i < cells; i++) {
      const angle = ((i + 0.5) * Math.PI) / cells;
      integral += Math.exp(kappa * (Math.cos(angle) - 1)) * Math.sin(angle) ** (m - 2) * (Math.PI / cells);
    }
    const circleBelow = m === 2 ? Math.LN2 : logSphereArea(m - 1);
    expect(logModeDensity(m, kappa) + circleBelow + Math.log(integral)).toBeCloseTo(0, 9);
  }
});

test('the slope is the derivative of the ratio, and 1 − A that of the log-density at the mode', () => {
  for (const m of [2, 3, 8, 41, 100]) {
    for (const kappa of [0.01, 1, 30, 900]) {
      const h = 1e-5 * kappa;
      const central = (f: (k: number) => number) => (f(kappa + h) - f(kappa - h)) / (2 * h);
      const { ratio, slope } = besselValues(m, kappa);
      const relative = (a: number, b: number) => Math.abs(a / b - 1);
      expect(
        relative(
          central((k) => besselValues(m, k).ratio),
          slope,
        ),
      ).toBeLessThan(1e-5);
      expect(
        relative(
          central((k) => logModeDensity(m, k)),
          1 - ratio,
        ),
      ).toBeLessThan(1e-5);
    }
  }
});

test('at large κ the slope keeps its digits where 1 − A² − (m−1)A/κ has none left', () => {
  // A = 1 − (m−1)/(2κ) + …, so that κ² A′ → (m−1)/2.
  expect(besselValues(11, 1e5).slope * 1e10).toBeCloseTo(5, 3);
});

test('towards κ = 0 the KL is κ²/(2m)', () => {
  for (const m of [2, 3, 21]) expect(vonMisesFisherKl(m, 0.01) / (1e-4 / (2 * m))).toBeCloseTo(1, 4);
});

test('what is no sphere and what is no concentration is refused', () => {
  expect(() => besselValues(1, 1)).toThrow('bessel: a sphere in 1 dimensions is none');
  expect(() => besselValues(3, 0)).toThrow('bessel: κ must be above 0 but is 0');
});
