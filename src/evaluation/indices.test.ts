import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { RandomStream } from '../random/index.js';
import { ae, type System, vae, vqVae } from '../systems/index.js';
import { input } from '../tensor/index.js';
import { boundMetrics } from './bound.js';
import { evaluate, measure } from './index.js';
import { indexMetrics, perplexity } from './indices.js';

const data = toy(numericTable(3), new RandomStream(1, 'rows').normal(new Float32Array(300 * 3)));
const small = { hidden: [5], codes: 6, codeDimension: 2, groups: 2 };

async function runnerOf(system: System, options: Record<string, unknown>) {
  const engine = engines[0].create();
  const runner = new ModelRunner({ system, data: data.data, options: optionsOf(system, options), engine });
  runner.build().objective({ x: data.data.toModel(input('x', [1, 3])) });
  await engine.variables.write(initialValues(runner.table.variables.values(), 1));
  return runner;
}

const named = (metrics: readonly { name: string; value: number | null }[]) =>
  Object.fromEntries(metrics.map(({ name, value }) => [name, value ?? Number.NaN]));

test('the perplexity of [½, ¼, ¼] is 2.828427, of one code 1, of all alike K; codes never used change nothing', () => {
  expect(perplexity([2, 1, 1])).toBeCloseTo(2.828427, 6);
  expect(perplexity([2, 1, 1, 0])).toBe(perplexity([2, 1, 1]));
  expect(perplexity([0, 7, 0])).toBe(1);
  expect(perplexity(new Array(50).fill(3))).toBeCloseTo(50, 10);
});

test('use is counted over all samples, whatever the batches', async () => {
  const runner = await runnerOf(vqVae, small);
  const own = named(await indexMetrics(runner, data.source));
  const rows = await runner.mapSamples('own', data.samples, (batch, { model }) => ({
    indices: model.discrete?.indices(batch)[0] ?? batch.x,
  }));
  const counts = new Array(6).fill(0);
  for (const index of rows.indices) counts[index]++;
  const used = counts.filter((count) => count > 0).length;
  expect(counts.reduce((a, b) => a + b)).toBe(600);
  expect(own.perplexity).toBeCloseTo(perplexity(counts), 10);
  expect(own.usage).toBeCloseTo(used / 6, 12);
  expect(own.deadCodes).toBe(6 - used);
  expect(own.nominalBits).toBeCloseTo(Math.log2(6), 12);
  expect(own.unigramBits).toBeCloseTo(Math.log2(perplexity(counts)), 10);
  expect(own.nominalBits).toBeGreaterThanOrEqual(own.unigramBits);
  const { indices } = await evaluate(runner, data.source);
  expect(indices).toEqual([
    { name: 'codes', size: 6, used, perplexity: expect.closeTo(perplexity(counts), 10) },
  ]);
});

test('the quantisation error is the mean squared distance over the variance of what is quantised', async () => {
  const runner = await runnerOf(vqVae, small);
  const { quantisationError } = named(await indexMetrics(runner, data.source));
  const rows = await runner.mapSamples('vectors', data.samples, (batch, { model }) => {
    const [{ before, after }] = model.discrete?.quantised?.(batch) ?? [{ before: batch.x, after: batch.x }];
    return { before, after };
  });
  const { before, after } = rows;
  const mean = [0, 1].map((j) => before.filter((_, i) => i % 2 === j).reduce((a, b) => a + b, 0) / 600);
  const error = before.reduce((sum, value, i) => sum + (value - after[i]) ** 2, 0);
  const variance = before.reduce((sum, value, i) => sum + (value - mean[i % 2]) ** 2, 0);
  expect(quantisationError).toBeCloseTo(error / variance, 4);
});

test('the bound of indices is the likelihood less log K for each, and draws change nothing about it', async () => {
  const runner = await runnerOf(vqVae, small);
  const { elbo, logLikelihood, kl } = named(await boundMetrics(runner, data.source));
  expect(kl).toBeCloseTo(2 * Math.log(6), 5);
  expect(elbo).toBeCloseTo(logLikelihood - kl, 4);
  const { negativeElbo, terms } = await evaluate(runner, data.source);
  expect(negativeElbo).toBeCloseTo(terms.reconstruction + terms.kl, 6);
  expect(negativeElbo).toBeCloseTo(-elbo, 3);
});

test('codes that are numbers have no perplexity, and it is said why', async () => {
  const runner = await runnerOf(vae, { hidden: [5], latent: 2 });
  const [only, ...others] = await indexMetrics(runner, data.source);
  expect(others).toEqual([]);
  expect(only).toMatchObject({ name: 'perplexity', value: null, reason: 'codes are made of no indices' });
});

test('codes of indices have no correlation, and neither have codes so long that a covariance would take minutes', async () => {
  const reasonOf = async (system: System, options: Record<string, unknown>) => {
    const runner = await runnerOf(system, options);
    const { engine } = runner.settings;
    const groups = ['aggregate'] as const;
    const { metrics } = await measure({ runner, engine, source: data.source, training: data.source, groups });
    return metrics.find(({ name }) => name === 'totalCorrelation')?.reason;
  };
  expect(await reasonOf(vqVae, small)).toBe('codes are made of indices');
  expect(await reasonOf(ae, { hidden: [2], latent: 1025 })).toMatch(/^codes have 1025 numbers, and 1024 are/);
  expect(await reasonOf(ae, { hidden: [5], latent: 2 })).toBeUndefined();
});
