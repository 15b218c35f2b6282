import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, pictures, type Toy, tableOf, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { type Layer, linear } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { ae, cvae, type System, vae, vqVae } from '../systems/index.js';
import { input } from '../tensor/index.js';
import { type ImputationMethod, type ImputeOptions, imputationMethods, impute } from './imputation.js';
import { ModelRunner } from './runner.js';
import { TrainedModel } from './trainedModel.js';

const [reference] = engines;
const identity: Layer = () => (t) => t;
const SIGMA = 0.6;
/** Columns of W, orthogonal, so that p(z|x) has independent coordinates. */
const W = [
  [1, 1, 1],
  [0.8, -0.8, 0],
];
const B = [0.5, -1, 2];

const linearOptions = () =>
  optionsOf(vae, {
    encoder: identity,
    decoder: linear(3),
    latent: 2,
    likelihood: 'gaussian',
    sigma: 'fixed',
    sigma0: SIGMA,
    logVarBound: 0,
  });

/**
 * p(x|z) = N(Wz + b, σ² I), p(z) = N(0, I), and the encoder that is exact, or one whose mean and variance are off by
 * factors.
 */
async function linearGaussian(ofMean = 1, ofVariance = 1) {
  const engine = reference.create();
  const { data } = toy(numericTable(3), [0, 0, 0]);
  const runner = new ModelRunner({ system: vae, options: linearOptions(), data, engine });
  const variances = W.map((w) => 1 / (1 + w.reduce((sum, each) => sum + each * each, 0) / SIGMA ** 2));
  const gains = W.map((w, j) => w.map((each) => (ofMean * variances[j] * each) / SIGMA ** 2));
  const values = {
    'mean.weight': Float32Array.from([0, 1, 2].flatMap((i) => gains.map((gain) => gain[i]))),
    'mean.bias': Float32Array.from(gains, (gain) => -gain.reduce((sum, each, i) => sum + each * B[i], 0)),
    'logVar.weight': new Float32Array(6),
    'logVar.bias': Float32Array.from(variances, (variance) => Math.log(ofVariance * variance)),
    'decoder.weight': Float32Array.from(W.flat()),
    'decoder.bias': Float32Array.from(B),
  };
  await engine.variables.write(new Map(Object.entries(values)));
  return new TrainedModel(runner);
}

/** Σ = WWᵀ + σ² I */
const covariance = (i: number, j: number) =>
  W.reduce((sum, w) => sum + w[i] * w[j], 0) + (i === j ? SIGMA ** 2 : 0);
/** The conditional distribution of x_1 and x_2 given x_0. */
const X0 = 2.5;
const conditionalMean = [1, 2].map((i) => B[i] + (covariance(i, 0) / covariance(0, 0)) * (X0 - B[0]));
const conditionalCovariance = [1, 2].map((i) =>
  [1, 2].map((j) => covariance(i, j) - (covariance(i, 0) * covariance(j, 0)) / covariance(0, 0)),
);

const DRAWS = 800;

async function imputed(model: TrainedModel, method: ImputationMethod, samples: number) {
  const x = Float32Array.of(X0, Number.NaN, Number.NaN);
  const found = await impute(model, { x }, { method, samples, draws: DRAWS, seed: 4 });
  const column = (j: number) => Float64Array.from({ length: DRAWS }, (_, d) => found.draws[3 * d + j]);
  for (const value of column(0)) expect(value).toBe(X0);
  const columns = [column(1), column(2)];
  const means = columns.map((values) => values.reduce((sum, value) => sum + value, 0) / DRAWS);
  const covariances = columns.map((a, i) =>
    columns.map(
      (b, j) => a.reduce((sum, value, d) => sum + (value - means[i]) * (b[d] - means[j]), 0) / DRAWS,
    ),
  );
  return { ...found, means, covariances };
}

/** Whether draws have the moments of the conditional distribution, as far as so many independent ones tell. */
function expectConditional({ means, covariances }: Awaited<ReturnType<typeof imputed>>, effective: number) {
  for (const i of [0, 1]) {
    const variance = conditionalCovariance[i][i];
    expect(Math.abs(means[i] - conditionalMean[i])).toBeLessThan(4 * Math.sqrt(variance / effective));
    for (const j of [0, 1]) {
      const spread = Math.sqrt(
        (variance * conditionalCovariance[j][j] + conditionalCovariance[i][j] ** 2) / effective,
      );
      expect(Math.abs(covariances[i][j] - conditionalCovariance[i][j])).toBeLessThan(4 * spread);
    }
  }
}

test('with the exact posterior, all methods find the conditional distribution', async () => {
  const model = await linearGaussian();
  for (const method of imputationMethods) {
    const found = await imputed(model, method, method === 'importance' ? 6000 : 24);
    const tried = found.effectiveSamples?.[0];
    expectConditional(found, tried === undefined ? DRAWS : 1 / (1 / DRAWS + 1 / tried));
    // Chains all end in one draw, but their means are over many rounds.
    const deviation = Math.sqrt(conditionalCovariance[1][1] / Math.min(DRAWS, tried ?? DRAWS));
    expect(Math.abs(found.mean[2] - conditionalMean[1])).toBeLessThan(4 * deviation);
    if (tried !== undefined) expect(tried).toBeGreaterThan(600);
    // Weights are those of p(x|z) p(z) / q(z|x) = p(x), so that every code is accepted.
    if (found.acceptance) expect(found.acceptance[0]).toBeGreaterThan(0.999);
  }
});

test('with an encoder that is off, importance sampling and Metropolis still do, and pseudo-Gibbs does not', async () => {
  const model = await linearGaussian(0.5, 2);
  const importance = await imputed(model, 'importance', 6000);
  const [tried = 0] = importance.effectiveSamples ?? [];
  expectConditional(importance, 1 / (1 / DRAWS + 1 / tried));
  const metropolis = await imputed(model, 'metropolis', 80);
  expectConditional(metropolis, DRAWS);
  const [accepted = 0] = metropolis.acceptance ?? [];
  expect(accepted > 0.2 && accepted < 0.95).toBe(true);
  const gibbs = await imputed(model, 'gibbs', 24);
  const deviation = Math.sqrt(conditionalCovariance[1][1] / DRAWS);
  expect(Math.abs(gibbs.means[1] - conditionalMean[1])).toBeGreaterThan(6 * deviation);
});

test('of many samples that are alike, no two get the same draw, however they are taken together', async () => {
  const model = await linearGaussian();
  const x = new Float32Array(3 * 300).fill(Number.NaN);
  for (let row = 0; row < 300; row++) x[3 * row] = X0;
  for (const method of imputationMethods) {
    const { draws } = await impute(model, { x }, { method, draws: 1, samples: 10, values: 'draw' });
    expect(new Set(draws.filter((_, i) => i % 3 === 1)).size).toBe(300);
  }
});

const columns = [
  { name: 'size', type: 'numeric', mean: 10, deviation: 4 },
  { name: 'visits', type: 'count', mean: 1, deviation: 0.5 },
  { name: 'colour', type: 'categorical', categories: ['a', 'b', 'c'] },
  { name: 'isNew', type: 'binary', categories: ['no', 'yes'] },
] as const;
const noise = new RandomStream(1, 'rows').uniform(new Float32Array(4 * 30));
const mixed = toy(
  tableOf(columns),
  noise.map((u, i) => [10 + 4 * u, Math.floor(5 * u), Math.floor(3 * u), Math.floor(2 * u)][i % 4]),
);

/** A model with its first weights. */
async function untrained(system: System, { data }: Toy, options: Record<string, unknown> = {}) {
  const engine = engines[1].create();
  const runner = new ModelRunner({ system, options: optionsOf(system, options), data, engine });
  const model = new TrainedModel(runner);
  const x = data.toModel(input('x', [2, ...data.spec.shape], data.spec.dtype));
  runner.build().objective({ x, ...(data.classes > 0 ? { labels: input('y', [2], 'int32') } : {}) });
  await engine.variables.write(initialValues(runner.table.variables.values(), 3));
  return model;
}

test('rows are filled with what their columns can hold, and what was there stays', async () => {
  const model = await untrained(vae, mixed, { hidden: [8], latent: 2 });
  const x = Float32Array.from(mixed.samples.x);
  const holes = [...x.keys()].filter((i) => i >= 8 && i % 3 === 0);
  for (const i of holes) x[i] = Number.NaN;
  for (const method of imputationMethods) {
    const options: ImputeOptions = { method, draws: 3, samples: 20, seed: 2 };
    const found = await impute(model, { x }, options);
    const whole = (value: number, below: number) => Number.isInteger(value) && value >= 0 && value < below;
    const suits = (value: number, column: number) =>
      [Number.isFinite(value), whole(value, Infinity), whole(value, 3), whole(value, 2)][column];
    for (const [values, times] of [
      [found.mean, 1],
      [found.draws, 3],
    ] as const)
      values.forEach((value, i) => {
        const at = Math.floor(i / (4 * times)) * 4 + (i % 4);
        if (Number.isNaN(x[at])) expect(suits(value, at % 4)).toBe(true);
        else expect(value).toBe(x[at]);
      });
    const quality = found.effectiveSamples ?? found.acceptance;
    if (quality) {
      expect([...quality.subarray(0, 2)]).toEqual([Number.NaN, Number.NaN]);
      for (const each of quality.subarray(3)) expect(each).toBeGreaterThan(0);
    }
    expect(await impute(model, { x }, options)).toEqual(found);
    expect((await impute(model, { x }, { ...options, seed: 3 })).draws).not.toEqual(found.draws);
  }
});

test('what is said to be missing is not looked at', async () => {
  const grey = toy(
    pictures(4, 5, 1),
    Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256),
    [0, 1, 0],
  );
  const model = await untrained(cvae, grey, { hidden: [8], latent: 2 });
  const observed = Uint8Array.from({ length: 60 }, (_, i) => Number(i % 20 < 12));
  const other = Uint8Array.from(grey.samples.x, (level, i) => (observed[i] === 1 ? level : 255 - level));
  const options: ImputeOptions = { observed, draws: 2, samples: 40 };
  const found = await impute(model, grey.samples, options);
  expect(await impute(model, { ...grey.samples, x: other }, options)).toEqual(found);
  // Pictures: means given a code, of which there are others for another draw.
  expect(found.draws.subarray(0, 20)).not.toEqual(found.draws.subarray(20, 40));
  for (const level of found.draws) expect(Number.isInteger(level) && level >= 0 && level <= 255).toBe(true);
});

test('systems without a posterior have nothing to draw from', async () => {
  const x = mixed.samples.x.slice(0, 4);
  for (const [system, lacking] of [
    [ae, 'ae has no posterior over codes'],
    [vqVae, 'vq-vae has no posterior over codes'],
  ] as const)
    await expect(impute(await untrained(system, mixed), { x })).rejects.toThrow(
      `system: ${lacking}, so there is nothing to draw what is missing from; train a vae`,
    );
});

test('an encoder for holes proposes codes of what is there, and then all methods need no more than that', async () => {
  const engine = reference.create();
  const table = numericTable(3);
  if (table.kind !== 'table') throw new Error('a table is expected');
  const { data } = toy({ ...table, holes: true }, [0, 0, 0]);
  const model = new TrainedModel(new ModelRunner({ system: vae, options: linearOptions(), data, engine }));
  // The second column of this W does not reach x_0, so that the coordinates of z are independent given x_0.
  const weights = [W[0], [0, -0.8, 0.5]];
  const sigma00 = W[0][0] ** 2 + SIGMA ** 2;
  const gain = W[0][0] / sigma00;
  // Of the encoder's six numbers, the first is x_0 and the last three are the mask.
  await engine.variables.write(
    new Map(
      Object.entries({
        'mean.weight': Float32Array.of(gain, 0, ...new Array<number>(10).fill(0)),
        'mean.bias': Float32Array.of(-gain * B[0], 0),
        'logVar.weight': new Float32Array(12),
        'logVar.bias': Float32Array.of(Math.log(1 - W[0][0] * gain), 0),
        'decoder.weight': Float32Array.from(weights.flat()),
        'decoder.bias': Float32Array.from(B),
      }),
    ),
  );
  const of = (i: number, j: number) =>
    weights.reduce((sum, w) => sum + w[i] * w[j], 0) + (i === j ? SIGMA ** 2 : 0);
  const mean = [1, 2].map((i) => B[i] + (of(i, 0) / of(0, 0)) * (X0 - B[0]));
  const variance = [1, 2].map((i) => of(i, i) - of(i, 0) ** 2 / of(0, 0));
  for (const method of imputationMethods) {
    const found = await imputed(model, method, method === 'importance' ? 4000 : 4);
    for (const i of [0, 1]) {
      const deviation = Math.sqrt(variance[i] / DRAWS);
      expect(Math.abs(found.means[i] - mean[i])).toBeLessThan(4 * deviation);
      expect(Math.abs(found.covariances[i][i] - variance[i])).toBeLessThan(
        4 * variance[i] * Math.sqrt(2 / DRAWS),
      );
      expect(Math.abs(found.mean[i + 1] - mean[i])).toBeLessThan(4 * deviation);
    }
    // Nine parts in ten of the proposal are exact.
    if (found.effectiveSamples) expect(found.effectiveSamples[0]).toBeGreaterThan(0.85 * 4000);
    if (found.acceptance) expect(found.acceptance[0]).toBeGreaterThan(0.999);
  }
});
