import { expect, test } from 'vitest';
import { z } from 'zod';
import { engines } from '../conformance/engines.js';
import { pictures, toy } from '../conformance/models.js';
import type { SampleSpec } from '../data/index.js';
import { ModelRunner } from '../inference/index.js';
import { Bernoulli, DiagonalNormal, DiscretisedLogistic, LogisticMixture } from '../probability/index.js';
import { RandomStream } from '../random/index.js';
import { type SampleDistribution, system } from '../systems/index.js';
import { fill, type Tensor, zeros } from '../tensor/index.js';
import { boundMetrics } from './bound.js';

/** A system whose codes say nothing, with a likelihood of its own. */
const constantSystem = (likelihood: (rows: number) => SampleDistribution) =>
  system({
    name: 'constant',
    title: 'constant',
    paper: 'none',
    objective: '0',
    summary: 'For tests.',
    options: z.object({}),
    build: () => ({
      codeShape: [1],
      objective: ({ x }) => ({ reconstruction: zeros([x.shape[0]]) }),
      encode: ({ x }) => zeros([x.shape[0], 1]),
      decode: (code) => zeros([code.shape[0], 2, 2, 1]),
      likelihood: (code) => likelihood(code.shape[0]),
      posterior: ({ x }) => DiagonalNormal.standard([x.shape[0], 1]),
      prior: (count) => DiagonalNormal.standard([count, 1]),
    }),
  });

async function metricsOf(
  likelihood: (rows: number) => SampleDistribution,
  spec: SampleSpec,
  values: number[],
) {
  const engine = engines[0].create();
  const { data, source } = toy(spec, values);
  const runner = new ModelRunner({ system: constantSystem(likelihood), options: {}, data, engine });
  return Object.fromEntries((await boundMetrics(runner, source)).map((metric) => [metric.name, metric]));
}

const levels = Array.from(new RandomStream(2, 'levels').words(new Uint32Array(400)), (word) => word % 256);
/** Density 1 on the cube. */
const uniform = (rows: number): SampleDistribution => ({
  mean: fill([rows, 2, 2, 1], 0.5),
  nll: (x: Tensor) => zeros([x.shape[0]]),
  sample: () => zeros([rows, 2, 2, 1]),
});
const half = (rows: number) => new Bernoulli(zeros([rows, 2, 2, 1]), 3);

test('the uniform density on the cube takes 8 bits for each of 256 levels', async () => {
  const { bitsPerDimension, kl } = await metricsOf(uniform, pictures(2, 2, 1), levels);
  expect(bitsPerDimension.value).toBeCloseTo(8, 12);
  expect(kl.value).toBe(0);
});

test('a normal density takes as many bits as its integral over levels says', async () => {
  // x_c = (v + u)/256 is uniform, and E −log₂ N(x; ½, 1) = ½ log₂ 2π + (1/12)/2 · log₂ e.
  const normal = (rows: number) =>
    new DiagonalNormal({ mean: uniform(rows).mean, logVar: zeros([rows, 2, 2, 1]) });
  const all = Array.from({ length: 4096 }, (_, i) => i % 256);
  const { bitsPerDimension } = await metricsOf(normal, pictures(2, 2, 1), all);
  const expected = 8 + 0.5 * Math.log2(2 * Math.PI) + Math.LOG2E / 24;
  expect(Math.abs((bitsPerDimension.value ?? 0) - expected)).toBeLessThan(2e-4);
});

test('a fair coin takes one bit for each binary pixel, and none is said of grey ones', async () => {
  const binary: SampleSpec = { kind: 'image', shape: [2, 2, 1], dtype: 'uint8', range: [0, 1] };
  const { bitsPerDimension, elbo } = await metricsOf(half, binary, [0, 1, 1, 0, 1, 1, 1, 0]);
  expect(bitsPerDimension.value).toBeCloseTo(1, 6);
  expect(elbo.value).toBeCloseTo(-4 * Math.LN2, 6);
  const grey = await metricsOf(half, pictures(2, 2, 1), levels);
  expect(grey.bitsPerDimension).toMatchObject({ value: null, reason: expect.stringMatching(/grey levels/) });
  expect(grey.elbo.estimator).toMatch(/soft targets/);
});

test('a mixture of logistic distributions over levels takes the bits of its probabilities', async () => {
  // One component, without channels to couple: the discretised logistic itself, and as wide as this nearly uniform.
  const mixture = (rows: number) =>
    new LogisticMixture({
      logits: zeros([rows, 2, 2, 1]),
      location: zeros([rows, 2, 2, 1, 1]),
      logScale: fill([rows, 2, 2, 1, 1], 5),
    });
  const single = (rows: number) =>
    new DiscretisedLogistic({ location: zeros([rows, 2, 2, 1]), logScale: fill([1], 5), eventRank: 3 });
  const of = async (likelihood: (rows: number) => SampleDistribution) =>
    (await metricsOf(likelihood, pictures(2, 2, 1), levels)).bitsPerDimension;
  const [mixed, alone] = [await of(mixture), await of(single)];
  expect(mixed.value).toBeCloseTo(alone.value ?? Number.NaN, 5);
  expect(mixed.estimator).toBe('−ELBO / (D ln 2)');
});

test('pictures without levels have no bits per dimension', async () => {
  const { bitsPerDimension } = await metricsOf(uniform, pictures(2, 2, 1, 'float32'), [0.1, 0.2, 0.3, 0.4]);
  expect(bitsPerDimension).toMatchObject({ value: null, reason: expect.stringMatching(/no 256 levels/) });
});
