import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { valuesOn } from '../conformance/models.js';
import { evaluate } from '../engine/index.js';
import { constant, grad, input } from '../tensor/index.js';
import { besselValues, logModeDensity, vonMisesFisherKl } from './bessel.js';
import { besselTable } from './besselTable.js';

const kappas = Float64Array.from({ length: 331 }, (_, i) => 1.001e-3 * Math.exp(i * 0.0573));
const k = constant(kappas);

test.each([2, 3, 6, 11, 41])('in %i dimensions the table agrees with the recurrence to 1e-9', (m) => {
  const table = besselTable(m);
  const [n, shortfall, kl] = evaluate([table.logModeDensity(k), table.shortfall(k), table.kl(k)]);
  kappas.forEach((kappa, i) => {
    expect(Math.abs(n[i] - logModeDensity(m, kappa))).toBeLessThan(1e-9);
    expect(Math.abs(shortfall[i] - (1 - besselValues(m, kappa).ratio))).toBeLessThan(1e-9);
    expect(Math.abs(kl[i] - vonMisesFisherKl(m, kappa))).toBeLessThan(1e-9);
  });
});

test('the derivative of the KL by κ is κ A′(κ)', () => {
  const x = input('κ', [kappas.length]);
  for (const m of [2, 11, 41]) {
    const [slopes] = evaluate(grad(besselTable(m).kl(x).sum(), [x]), { values: { κ: kappas } });
    kappas.forEach((kappa, i) => {
      expect(Math.abs(kappa * slopes[i] - kappa ** 2 * besselValues(m, kappa).slope)).toBeLessThan(1e-6);
    });
  }
});

test('beyond its last node the table goes on as the function does', () => {
  const far = Float64Array.of(2e5, 1e6, 1e7);
  const x = input('κ', [3]);
  const table = besselTable(21);
  const outputs = [table.kl(x), table.shortfall(x), ...grad(table.kl(x).sum(), [x])];
  const [kl, shortfall, slopes] = evaluate(outputs, { values: { κ: far } });
  far.forEach((kappa, i) => {
    const { ratio, slope } = besselValues(21, kappa);
    expect(kl[i]).toBeCloseTo(vonMisesFisherKl(21, kappa), 7);
    expect(shortfall[i] / (1 - ratio)).toBeCloseTo(1, 6);
    expect(slopes[i] / (kappa * slope)).toBeCloseTo(1, 6);
  });
});

test.each(engines)('a KL keeps its digits in float32 on $name', async ({ create }) => {
  const given = Float32Array.of(0.01, 1, 30.5, 812, 9999, 5e5);
  const x = input('κ', [given.length]);
  const outputs = { sphere: besselTable(3).kl(x), high: besselTable(41).kl(x) };
  const { sphere, high } = await valuesOn(create(), outputs, { feeds: { κ: given } });
  given.forEach((kappa, i) => {
    expect(Math.abs(sphere[i] - vonMisesFisherKl(3, kappa))).toBeLessThan(1e-5);
    expect(Math.abs(high[i] - vonMisesFisherKl(41, kappa))).toBeLessThan(1e-4);
  });
});

test.each(engines)(
  'a concentration that is no number gives none on $name, and does no harm',
  async ({ create }) => {
    const x = input('κ', [3]);
    const given = Float32Array.of(NaN, 5, Infinity);
    const { kl } = await valuesOn(create(), { kl: besselTable(5).kl(x) }, { feeds: { κ: given } });
    expect(kl[0]).toBeNaN();
    expect(Math.abs(kl[1] - vonMisesFisherKl(5, 5))).toBeLessThan(1e-5);
    expect(Number.isFinite(kl[2])).toBe(false);
  },
);
