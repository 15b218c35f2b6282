import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { compute, valuesOn } from '../conformance/models.js';
import { constant, grad, input } from '../tensor/index.js';
import { boundedLogRate, poissonDraw, poissonNll } from './poisson.js';

const nll = (logRate: number, counts: number[]) =>
  compute([poissonNll(constant(logRate), constant(counts))])[0];

test('the probabilities of all counts sum to 1', () => {
  const counts = Array.from({ length: 400 }, (_, k) => k);
  for (const logRate of [-3, 0, 2, 5]) {
    const total = nll(logRate, counts).reduce((sum, value) => sum + Math.exp(-value), 0);
    // Stirling's series with three terms is exact to 2e-8.
    expect(total).toBeCloseTo(1, 7);
  }
});

test('−log p(k) is e^η − k η + log k!', () => {
  const logFactorial = (k: number) =>
    Array.from({ length: k }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0);
  for (const k of [0, 1, 2, 7, 8, 9, 40, 170])
    for (const eta of [-2, 0, 1.5, 4])
      expect(nll(eta, [k])[0]).toBeCloseTo(Math.exp(eta) - k * eta + logFactorial(k), 6);
});

test('the gradient in η is the rate less the count', () => {
  const eta = input('eta', [4]);
  const counts = constant([0, 3, 20, 1e6]);
  const [g] = grad(poissonNll(eta, counts).sum(), [eta]);
  const at = [1, 1, 3, 13.8];
  const expected = at.map((value, i) => Math.exp(value) - [0, 3, 20, 1e6][i]);
  const values = compute([g], { values: { eta: Float64Array.from(at) } })[0];
  values.forEach((value, i) => {
    expect(value / expected[i]).toBeCloseTo(1, 9);
  });
});

test('counts of millions keep their nats in float32', async () => {
  const counts = Float32Array.of(1e3, 1e5, 1e6, 1e7);
  const logRate = input('logRate', [4]);
  const count = input('count', [4]);
  const feeds = { logRate: Float32Array.from(counts, (k) => Math.log(k)), count: counts };
  for (const { create } of engines.slice(1)) {
    const { value } = await valuesOn(create(), { value: poissonNll(logRate, count) }, { feeds });
    // At the optimum it is ½ log 2πk; the rounding of η to float32 is worth up to k η² 2⁻⁴⁸ nats.
    value.forEach((nats, i) => {
      expect(Math.abs(nats - 0.5 * Math.log(2 * Math.PI * counts[i]))).toBeLessThan(2e-3);
    });
  }
});

test('the bound on η leaves ordinary rates alone and has a gradient everywhere', () => {
  const eta = input('eta', [5]);
  const bounded = boundedLogRate(eta);
  const [g] = grad(bounded.sum(), [eta]);
  const at = Float64Array.of(-50, 0, 14, 35, 60);
  const [values, slopes] = compute([bounded, g], { values: { eta: at } });
  expect(values[0]).toBeCloseTo(-50, 9);
  expect(values[2]).toBeCloseTo(14, 6);
  expect(values[4]).toBeLessThanOrEqual(30);
  for (const slope of slopes) expect(slope).toBeGreaterThan(0);
});

test('draws are counts with the mean, the variance and the skewness of the distribution, at small and large rates', () => {
  const N = 100_000;
  for (const rate of [0.2, 3, 23.9, 24.1, 300, 1e5]) {
    const draws = compute([poissonDraw(constant(Math.log(rate)).broadcastTo([N, 1]), 'counts')])[0];
    for (const k of draws) expect(Number.isInteger(k) && k >= 0).toBe(true);
    const moment = (f: (score: number) => number) =>
      draws.reduce((sum, k) => sum + f((k - rate) / Math.sqrt(rate)), 0) / N;
    // Deviations of the estimates, from the fourth and sixth moments of the distribution.
    expect(Math.abs(moment((s) => s)), `mean at ${rate}`).toBeLessThan(5 / Math.sqrt(N));
    expect(Math.abs(moment((s) => s ** 2) - 1), `variance at ${rate}`).toBeLessThan(
      5 * Math.sqrt((2 + 1 / rate) / N) + 1 / (12 * rate),
    );
    expect(Math.abs(moment((s) => s ** 3) - 1 / Math.sqrt(rate)), `skewness at ${rate}`).toBeLessThan(
      5 * Math.sqrt((15 + 35 / rate + 15 / rate ** 2) / N) + 0.02,
    );
  }
});

test('small counts are drawn as often as their probabilities say', () => {
  const N = 100_000;
  const draws = compute([poissonDraw(constant(Math.log(2)).broadcastTo([N, 1]), 'counts')])[0];
  for (const k of [0, 1, 2, 3, 6]) {
    const share = Math.exp(-nll(Math.log(2), [k])[0]);
    const found = draws.filter((draw) => draw === k).length / N;
    expect(Math.abs(found - share), `${k}`).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / N));
  }
});
