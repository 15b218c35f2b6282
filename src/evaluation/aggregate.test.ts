import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { RandomStream } from '../random/index.js';
import { aggregatePosterior, gaussianTotalCorrelation } from './aggregate.js';
import { RunningMean } from './metric.js';

const normal = (count: number, name = 'rows') => new RandomStream(3, name).normal(new Float32Array(count));
const summary = (values: Iterable<number>) => new RunningMean().addAll(values);
const [reference] = engines;

for (const { name, create } of engines) {
  test(`posteriors that nowhere meet tell all of log N about the sample, on ${name}`, async () => {
    const count = 700;
    const mean = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 100 * (i / 2) : 0));
    const logVar = new Float32Array(2 * count);
    const estimate = await aggregatePosterior(create(), { dimensions: 2, mean, logVar });
    for (const value of estimate.mutualInformation) expect(value).toBeCloseTo(Math.log(count), 3);
  });
}

test('posteriors that are the prior tell nothing, and their aggregate is the prior', async () => {
  const count = 100;
  const none = new Float32Array(3 * count);
  const estimate = await aggregatePosterior(reference.create(), { dimensions: 3, mean: none, logVar: none });
  for (const values of Object.values(estimate))
    for (const value of values as Float64Array) expect(value).toBeCloseTo(0, 6);
});

test('information and marginal divergence add up to the mean divergence, and the latter to its two parts', async () => {
  const [count, d] = [800, 3];
  const mean = normal(count * d, 'mean');
  const logVar = normal(count * d, 'logVar').map((value) => value - 1);
  const estimate = await aggregatePosterior(reference.create(), { dimensions: d, mean, logVar });
  let kl = 0;
  mean.forEach((m, i) => {
    kl += (0.5 * (Math.exp(logVar[i]) + m * m - logVar[i] - 1)) / count;
  });
  const total = estimate.mutualInformation.map((value, s) => value + estimate.marginalKl[s]);
  const { mean: sum, standardError } = summary(total);
  expect(Math.abs(sum - kl)).toBeLessThan(4 * (standardError ?? 0));
  estimate.marginalKl.forEach((value, s) => {
    expect(estimate.totalCorrelation[s] + estimate.dimensionWiseKl[s]).toBeCloseTo(value, 5);
  });
});

test('a mixture of narrow posteriors with correlation 0.8 has the total correlation of that normal', async () => {
  const count = 2000;
  const noise = normal(2 * count);
  const mean = noise.map((value, i) => (i % 2 === 0 ? value : 0.8 * noise[i - 1] + 0.6 * value));
  const exact = -0.5 * Math.log(1 - 0.8 ** 2);
  expect(exact).toBeCloseTo(0.5108256, 7);
  expect(Math.abs(gaussianTotalCorrelation(mean, 2) - exact)).toBeLessThan(0.04);
  const logVar = new Float32Array(2 * count).fill(Math.log(0.04));
  const { totalCorrelation } = await aggregatePosterior(
    reference.create(),
    { dimensions: 2, mean, logVar },
    { draws: 500 },
  );
  // With the posteriors' own variance the correlation is 0.8 / 1.04.
  const blurred = -0.5 * Math.log(1 - (0.8 / 1.04) ** 2);
  const { mean: found, standardError } = summary(totalCorrelation);
  expect(Math.abs(found - blurred)).toBeLessThan(4 * (standardError ?? 0) + 0.03);
});

test('codes that depend on each other linearly, or do not vary, have no normal total correlation', () => {
  const x = normal(100);
  const twice = Float32Array.from({ length: 200 }, (_, i) => x[Math.floor(i / 2)]);
  expect(Number.isFinite(gaussianTotalCorrelation(twice, 2))).toBe(false);
  expect(Number.isFinite(gaussianTotalCorrelation(new Float32Array(20), 2))).toBe(false);
});

test('the sum of a diagonal covariance is exact: independent coordinates have none', () => {
  const signs = Float32Array.of(1, 1, 1, -1, -1, 1, -1, -1);
  expect(gaussianTotalCorrelation(signs, 2)).toBeCloseTo(0, 12);
});
