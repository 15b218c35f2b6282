import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import type { Values } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { type Layer, linear } from '../nn/index.js';
import { vae } from '../systems/index.js';
import { boundMetrics } from './bound.js';
import { importanceWeightedNll, WeightSum } from './importance.js';

const [reference] = engines;
const identity: Layer = () => (t) => t;
/** −log N(1; 0, 2) */
const EXACT = 1.515512123;

/** p(z) = N(0, 1), p(x|z) = N(z, 1), q(z|x) = N(slope·x, e^logVar), and `count` samples at x = 1. */
async function toyRunner(slope: number, logVar: number, count = 1) {
  const engine = reference.create();
  const options = { encoder: identity, decoder: linear(1), latent: 1, sigma: 'fixed', logVarBound: 0 };
  const { data, source } = toy(numericTable(1), new Float32Array(count).fill(1));
  const runner = new ModelRunner({ system: vae, options: optionsOf(vae, options), data, engine });
  const values: Record<string, Values> = {
    'mean.weight': Float32Array.of(slope),
    'mean.bias': Float32Array.of(0),
    'logVar.weight': Float32Array.of(0),
    'logVar.bias': Float32Array.of(logVar),
    'decoder.weight': Float32Array.of(1),
    'decoder.bias': Float32Array.of(0),
  };
  await engine.variables.write(new Map(Object.entries(values)));
  return { runner, source };
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('with the exact posterior every draw has the same weight, and one is enough', async () => {
  const { runner, source } = await toyRunner(0.5, Math.log(0.5), 40);
  for (const draws of [1, 7]) {
    const { nll, effectiveDraws } = await importanceWeightedNll(runner, source, { draws });
    for (const value of nll) expect(value).toBeCloseTo(EXACT, 5);
    for (const value of effectiveDraws) expect(value).toBeCloseTo(draws, 3);
  }
});

test('with the prior as posterior the estimate falls from −ELBO to the evidence as draws are added', async () => {
  // E of the bound with K draws from the prior, by numerical integration.
  const expected: [draws: number, nll: number][] = [
    [1, 1.918939],
    [2, 1.653474],
    [8, 1.54014],
    [50, 1.5193],
  ];
  const { runner, source } = await toyRunner(0, 0, 3000);
  for (const [draws, nll] of expected) {
    const estimate = await importanceWeightedNll(runner, source, { draws, seed: 1 });
    const deviation = Math.sqrt(mean(estimate.nll.map((value) => (value - nll) ** 2)));
    expect(Math.abs(mean(estimate.nll) - nll)).toBeLessThan((4 * deviation) / Math.sqrt(3000) + 1e-4);
  }
});

test('weights are pooled over chunks: many draws find the evidence, whatever the chunk', async () => {
  const { runner, source } = await toyRunner(0, 0, 20);
  for (const chunk of [3, 100]) {
    const { nll } = await importanceWeightedNll(runner, source, { draws: 1000, chunk, seed: 2 });
    expect(Math.abs(mean(nll) - EXACT)).toBeLessThan(0.02);
  }
});

test('the bound by its definition is that of the toy model', async () => {
  const { runner, source } = await toyRunner(0, 0, 4000);
  const [elbo] = await boundMetrics(runner, source);
  expect(Math.abs((elbo.value ?? 0) + 1.9189385)).toBeLessThan(4 * (elbo.standardError ?? 0));
  const exact = await toyRunner(0.5, Math.log(0.5), 400);
  const [tight] = await boundMetrics(exact.runner, exact.source);
  expect(Math.abs((tight.value ?? 0) + 1.5155121)).toBeLessThan(4 * (tight.standardError ?? 0));
});

test('sums of weights neither overflow nor forget, in any order', () => {
  const logs = [-1e5, 800, 799, -Infinity, 798];
  for (const order of [logs, logs.toReversed()]) {
    const sum = new WeightSum();
    for (const each of order) sum.add(each);
    const [a, b] = [Math.exp(-1), Math.exp(-2)];
    expect(sum.logTotal).toBeCloseTo(800 + Math.log(1 + a + b), 12);
    expect(sum.effectiveDraws).toBeCloseTo((1 + a + b) ** 2 / (1 + a * a + b * b), 12);
  }
  expect(new WeightSum().effectiveDraws).toBe(0);
});
