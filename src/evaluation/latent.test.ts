import { expect, test } from 'vitest';
import { normalQuantile } from '../random/index.js';
import { LatentAccumulator } from './latent.js';

/** Statistics of posteriors N(mean, e^logVar) with the given rows. */
function statisticsOf(means: number[][], logVar: number, kl = 0, seed = 0) {
  const d = means[0].length;
  const latent = new LatentAccumulator(d);
  // In parts of uneven sizes, as batches come.
  for (let start = 0, size = 1; start < means.length; start += size, size++) {
    const mean = Float32Array.from(means.slice(start, start + size).flat());
    latent.add(new Float32Array(mean.length).fill(kl), mean, new Float32Array(mean.length).fill(logVar));
  }
  return latent.statistics(seed);
}

const count = (n: number) => Array.from({ length: n }, (_, i) => i);

test('codes of M samples that are told apart carry log M nats', () => {
  for (const m of [2, 64, 300]) {
    const { mutualInformation } = statisticsOf(
      count(m).map((i) => [100 * i, -i]),
      0,
    );
    expect(mutualInformation).toBeCloseTo(Math.log(m), 9);
  }
});

test('codes that are the same for all samples carry nothing', () => {
  const { mutualInformation, activeUnits } = statisticsOf(
    count(50).map(() => [3, 1]),
    -2,
  );
  expect(mutualInformation).toBeCloseTo(0, 12);
  expect(activeUnits).toBe(0);
});

test('codes that tell two halves apart carry log 2 nats', () => {
  const { mutualInformation } = statisticsOf(
    count(80).map((i) => [i % 2 === 0 ? 50 : -50]),
    0,
  );
  expect(mutualInformation).toBeCloseTo(Math.log(2), 9);
});

test('codes with as much noise as signal carry ½ log 2 nats', () => {
  // Means and noise of variance 1: I = ½ log(1 + 1). The means are quantiles, so that they add no chance of their own.
  const means = count(1000).map((i) => [normalQuantile((i + 0.5) / 1000)]);
  const estimates = count(5).map((seed) => statisticsOf(means, 0, 0, seed).mutualInformation);
  const mean = estimates.reduce((a, b) => a + b, 0) / 5;
  // The log-ratio of a draw has a deviation below 1 nat, and there are 5000 draws.
  expect(Math.abs(mean - 0.5 * Math.log(2))).toBeLessThan(4 / Math.sqrt(5000));
});

test('a coordinate is in use if the variance of its posterior mean exceeds 0.01', () => {
  const spread = (variance: number, i: number) => (i % 2 === 0 ? 1 : -1) * Math.sqrt(variance);
  const rows = count(100).map((i) => [spread(0.011, i), 7 + spread(0.009, i), spread(4, i)]);
  expect(statisticsOf(rows, 0).activeUnits).toBe(2);
});

test('the KL of each coordinate is the mean over all samples', () => {
  const latent = new LatentAccumulator(2);
  latent.add(Float32Array.of(1, 10, 3, 30), new Float32Array(4), new Float32Array(4));
  latent.add(Float32Array.of(5, 50), new Float32Array(2), new Float32Array(2));
  expect(latent.statistics(0).klPerDimension).toEqual([3, 30]);
});

test('the information is estimated on the first thousand samples, and everything else on all', () => {
  const rows = (n: number) => count(n).map((i) => [i < 1000 ? 100 * i : 0, 2 * i]);
  const { mutualInformation, activeUnits } = statisticsOf(rows(1300), 0);
  expect(mutualInformation).toBeCloseTo(Math.log(1000), 9);
  expect(activeUnits).toBe(2);
});

test('the same seed gives the same estimate', () => {
  const rows = count(40).map((i) => [0.1 * i]);
  expect(statisticsOf(rows, 0, 0, 3)).toEqual(statisticsOf(rows, 0, 0, 3));
  expect(statisticsOf(rows, 0, 0, 4)).not.toEqual(statisticsOf(rows, 0, 0, 3));
});
