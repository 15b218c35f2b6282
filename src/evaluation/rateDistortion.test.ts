import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { identitySystem } from '../conformance/identitySystem.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { leastRate, waterFilling } from '../conformance/waterFilling.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { RandomStream } from '../random/index.js';
import { ae, type Model, type System } from '../systems/index.js';
import { constant, fill, zeros } from '../tensor/index.js';
import { type RateDistortion, rateDistortion } from './rateDistortion.js';

/** Variances of three independent normal columns: data of probabilistic PCA, seen along its axes. */
const VARIANCES = [9, 3, 0.5];
const COUNT = 4000;
const data = toy(
  numericTable(3),
  new RandomStream(4, 'rows')
    .normal(new Float32Array(3 * COUNT))
    .map((value, i) => Math.sqrt(VARIANCES[i % 3]) * value),
);

/**
 * The best channel at a level θ, z_i = (1 − θ/λ_i)/√(λ_i − θ) x_i + noise of variance θ/λ_i and x̂_i = √(λ_i − θ) z_i: what a
 * linear β-VAE with x|z of variance 1 learns for β = θ. With `spoilt` its posteriors are wider, or narrower, than is best.
 */
function channel(level: number, spoilt = 1): Partial<Model> {
  const kept = VARIANCES.map((l) => Math.max(0, l - level));
  const slopes = constant(VARIANCES.map((l, i) => (kept[i] > 0 ? (1 - level / l) / Math.sqrt(kept[i]) : 0)));
  const logVars = constant(VARIANCES.map((l, i) => (kept[i] > 0 ? Math.log((spoilt * level) / l) : 0)));
  const scales = constant(kept.map(Math.sqrt));
  return {
    encode: ({ x }) => x.mul(slopes),
    posterior: ({ x }) => new DiagonalNormal({ mean: x.mul(slopes), logVar: logVars.broadcastTo(x.shape) }),
    prior: (count) => DiagonalNormal.standard([count, 3]),
    likelihood: (z) => new DiagonalNormal({ mean: z.mul(scales), logVar: fill([], 0), eventRank: 1 }),
  };
}

async function pointOf(model: Partial<Model>): Promise<RateDistortion & { squares: number }> {
  const engine = engines[0].create();
  const runner = new ModelRunner({ system: identitySystem(3, model), options: {}, data: data.data, engine });
  const point = await rateDistortion(runner, data.source, { seed: 2 });
  if (typeof point === 'string') throw new Error(point);
  // D = ½ Σ (x − x̂)² + 3/2 log 2π.
  return { ...point, squares: 2 * (point.distortion - 1.5 * Math.log(2 * Math.PI)) };
}

const LEVELS = [0.05, 0.2, 0.45, 1, 2, 4, 8];

test('the best channels lie on the curve of reverse water-filling, and a lower level has more rate', async () => {
  let before: { rate: number; squares: number } | undefined;
  for (const level of LEVELS) {
    const point = await pointOf(channel(level));
    const exact = waterFilling(VARIANCES, level);
    expect(Math.abs(point.rate - exact.rate)).toBeLessThan(4 * (point.rateError ?? 0) + 1e-5);
    expect(Math.abs(point.squares - exact.squares)).toBeLessThan(8 * (point.distortionError ?? 0));
    if (before) {
      expect(point.rate).toBeLessThan(before.rate);
      expect(point.squares).toBeGreaterThan(before.squares);
    }
    before = point;
  }
});

test('other channels lie above it', async () => {
  for (const level of [0.2, 1, 4]) {
    for (const spoilt of [0.3, 3]) {
      const { rate, squares, rateError, distortionError } = await pointOf(channel(level, spoilt));
      const slack = 4 * (rateError ?? 0) + (8 * (distortionError ?? 0)) / (2 * level);
      expect(rate).toBeGreaterThan(leastRate(VARIANCES, squares) - slack);
    }
    const wide = await pointOf(channel(level, 3));
    expect(wide.rate - leastRate(VARIANCES, wide.squares)).toBeGreaterThan(0.05);
  }
});

test('rate and distortion add up to what the bound says, and a system without one has no point', async () => {
  const { rate, distortion, likelihood, n } = await pointOf(channel(1));
  expect(n).toBe(COUNT);
  expect(likelihood).toBe('density');
  // At β = 1 and the best channel the bound is the evidence: x ~ N(0, max(λ, 1)) of what the model can say.
  const evidence = VARIANCES.reduce((sum, l) => {
    const variance = Math.max(l, 1);
    return sum + 0.5 * Math.log(2 * Math.PI * variance) + l / (2 * variance);
  }, 0);
  expect(Math.abs(rate + distortion - evidence)).toBeLessThan(0.1);
  const engine = engines[0].create();
  const options = optionsOf(ae as System, { architecture: 'mlp', hidden: [3], latent: 1 });
  const runner = new ModelRunner({ system: ae, options, data: data.data, engine });
  runner.build().encode({ x: zeros([1, 3]) });
  await engine.variables.write(initialValues(runner.table.variables.values(), 0));
  expect(await rateDistortion(runner, data.source)).toBe('ae has no posterior over codes');
});
