import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, pictures, runOf, termValue, toy } from '../conformance/models.js';
import { constant, grad, input } from '../tensor/index.js';
import { Training } from '../training/index.js';
import { describeData, toWeighted } from './index.js';
import { bernoulliKl, sparseAe } from './sparseAe.js';

const spec = pictures(3, 4, 1, 'float32');
const data = describeData(spec, { size: 100 });
const x = Float64Array.from({ length: 60 }, (_, i) => Math.abs(Math.sin(i + 1)));
const small = { latent: 7 };

test('KLb(0.05 ‖ r) and its derivative have their known values', () => {
  const r = input('r', [4]);
  const kl = bernoulliKl(0.05, r);
  const [values, slopes] = compute([kl, grad(kl.sum(), [r])[0]], {
    values: { r: Float64Array.of(0.01, 0.05, 0.2, 0.5) },
  });
  [0.0412911, 0, 0.093943, 0.4946319].forEach((known, i) => {
    expect(values[i]).toBeCloseTo(known, 7);
  });
  // −ρ/r + (1 − ρ)/(1 − r)
  [-5 + 0.95 / 0.99, 0, -0.25 + 0.95 / 0.8, -0.1 + 1.9].forEach((known, i) => {
    expect(slopes[i]).toBeCloseTo(known, 9);
  });
  expect(slopes[0]).toBeCloseTo(-4.040404, 6);
});

test('it is finite for units that are always on or always off', () => {
  const [values] = compute([bernoulliKl(0.05, constant([0, 1]))]);
  for (const value of values) expect(value).toBeLessThan(20);
});

test('activations 0.1 and 0 have the mean ρ = 0.05 and cost nothing together, though each costs by itself', () => {
  const a = constant([0.1, 0]);
  const [together, each] = compute([bernoulliKl(0.05, a.mean()), bernoulliKl(0.05, a).mean()]);
  expect(together[0]).toBeCloseTo(0, 9);
  expect(each[0]).toBeGreaterThan(0.02);
});

const klOf = (rho: number, r: number) => rho * Math.log(rho / r) + (1 - rho) * Math.log((1 - rho) / (1 - r));

/** Codes, their means over the batch, and the sparsity term. */
function run(given: Record<string, unknown>, samples = x) {
  const { model, batch, scope } = build(sparseAe, data, { ...small, ...given });
  const { sparsity } = model.objective(batch(5));
  const [value, code] = compute([termValue(sparsity), model.encode(batch(5))], { values: { x: samples } });
  const means = Array.from(
    { length: 7 },
    (_, j) => [0, 1, 2, 3, 4].reduce((sum, b) => sum + code[7 * b + j], 0) / 5,
  );
  return { value, code, means, scope, term: toWeighted(sparsity) };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test('the term is Σ_j KLb(ρ ‖ mean of unit j over the batch), a number of the batch with weight β', () => {
  const { value, means, term } = run({ rho: 0.1 });
  expect(value).toEqual([expect.closeTo(sum(means.map((mean) => klOf(0.1, mean))), 9)]);
  expect(term).toMatchObject({ weight: 3, role: 'penalty' });
});

test('the order of the samples makes no difference', () => {
  const reversed = Float64Array.from({ length: 60 }, (_, i) => x[12 * (4 - Math.floor(i / 12)) + (i % 12)]);
  expect(run({}, reversed).value[0]).toBeCloseTo(run({}).value[0], 12);
});

test('tanh units count as (a + 1)/2', () => {
  const { value, means } = run({ codeActivation: 'tanh' });
  expect(value).toEqual([expect.closeTo(sum(means.map((mean) => klOf(0.05, (mean + 1) / 2))), 9)]);
});

test('l1 is the sum of absolute activations of each sample, of any kind of unit', () => {
  const { value, code } = run({ mode: 'l1', codeActivation: 'tanh' });
  expect(value).toHaveLength(5);
  value.forEach((each, b) => {
    expect(each).toBeCloseTo(sum(code.slice(7 * b, 7 * b + 7).map(Math.abs)), 9);
  });
  expect(run({ mode: 'l1', codeActivation: 'relu' }).value.every((each) => each > 0)).toBe(true);
});

test('a running mean gives the value, and the batch the derivative', () => {
  const { value, means, scope } = run({ estimate: 'ema' });
  const moved = means.map((mean) => 0.99 * 0.05 + 0.01 * mean);
  expect(value).toEqual([expect.closeTo(sum(moved.map((mean) => klOf(0.05, mean))), 6)]);
  const [update] = [...scope.updates].filter(([{ name }]) => name === 'sparsity.average');
  compute([update[1]], { values: { x } })[0].forEach((mean, j) => {
    // The mean's initial value is ρ in float32.
    expect(mean).toBeCloseTo(moved[j], 8);
  });

  // dKLb/dr at the running mean, spread over the five samples: the bias of a unit moves σ by a(1 − a).
  const { model, batch, scope: own } = build(sparseAe, data, { ...small, estimate: 'ema' });
  const term = termValue(model.objective(batch(5)).sparsity);
  const bias = own.variables.filter(({ name }) => name === 'code.bias');
  const [gradient] = compute(grad(term, bias), { values: { x } });
  const { code } = run({ estimate: 'ema' });
  gradient.forEach((each, j) => {
    const slope = -0.05 / moved[j] + 0.95 / (1 - moved[j]);
    const units = [0, 1, 2, 3, 4].map((b) => code[7 * b + j]);
    expect(each).toBeCloseTo((slope * sum(units.map((a) => a * (1 - a)))) / 5, 6);
  });
});

test('evaluation has the batch’s own mean, whatever the training’s estimate', () => {
  const [batchwise, running] = ['batch', 'ema'].map((estimate) => {
    const { model, batch } = build(sparseAe, data, { ...small, estimate }, { training: false });
    return compute([termValue(model.objective(batch(5)).sparsity)], { values: { x } })[0];
  });
  expect(running).toEqual(batchwise);
});

test('l2 adds half the squares of all weights and of no bias', () => {
  const { model, batch, scope } = build(sparseAe, data, { ...small, l2: 0.003 });
  const { weights } = model.objective(batch(5));
  expect(toWeighted(weights).weight).toBe(0.003);
  const matrices = scope.variables.filter(({ name }) => name.endsWith('weight'));
  expect(matrices).toHaveLength(2);
  const [value, ...all] = compute([termValue(weights), ...matrices]);
  expect(value[0]).toBeCloseTo(0.5 * sum(all.flat().map((w) => w * w)), 9);
  expect(build(sparseAe, data, small).model.objective(batch(5))).not.toHaveProperty('weights');
});

test('the decoder learns from the reconstruction alone', () => {
  const { model, batch, scope } = build(sparseAe, data, small);
  const sparsity = termValue(model.objective(batch(5)).sparsity);
  const moved = scope.variables.filter(({ trainable }) => trainable);
  const reached = moved.filter((_, i) =>
    compute([grad(sparsity, moved)[i]], { values: { x } })[0].some((g) => g !== 0),
  );
  expect(reached.map(({ name }) => name)).toEqual(['code.weight', 'code.bias']);
});

test('after training, units are active as often as asked for', async () => {
  const samples = Float32Array.from({ length: 128 * 12 }, (_, i) => Math.abs(Math.sin(i * i)));
  const given = toy(spec, samples);
  const definition = runOf(sparseAe, given, engines[1].create(), {
    options: { latent: 10, rho: 0.1 },
    training: { steps: 400, batchSize: 128, learningRate: 0.02 },
  });
  const model = await new Training({ ...definition, validation: undefined }).finish();
  const { encode } = build(sparseAe, given.data, { latent: 10, rho: 0.1 }).model;
  expect(model).toBeDefined();
  const x = input('x', [128, 3, 4, 1]);
  const names = ['code.weight', 'code.bias'];
  const trained = Object.fromEntries(await definition.engine.variables.read(names));
  const [code] = compute([encode({ x })], { values: { x: samples, ...trained } });
  expect(Math.abs(sum(code) / code.length / 0.1 - 1)).toBeLessThan(0.1);
});

test('what cannot be is refused', () => {
  expect(() => build(sparseAe, data, { ...small, codeActivation: 'relu' })).toThrow(
    'mode: kl needs units in (0, 1), and relu gives others; use codeActivation sigmoid or tanh, or mode l1',
  );
  const options = sparseAe.options.parse({});
  const run = { batchSize: 32, isLengthGiven: false };
  expect(() => sparseAe.require?.({ options, data, run })).toThrow(
    'batchSize: sparse-ae estimates the mean activation of its units from the batch and needs 64 samples or more; ' +
      '32 were asked for',
  );
  sparseAe.require?.({ options: { ...options, mode: 'l1' }, data, run });
});
