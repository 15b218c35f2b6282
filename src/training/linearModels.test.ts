/**
 * Linear models, whose optimum is known exactly: the linear VAE is probabilistic PCA (Lucas et al. 2019,
 * arXiv:1911.02469; Tipping & Bishop 1999), the linear autoencoder spans the leading principal components.
 */
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { corners, data, identity, linearCases, linearLayers } from '../conformance/linearCases.js';
import { runOf, type Toy } from '../conformance/models.js';
import { leastRate, waterFilling } from '../conformance/waterFilling.js';
import { evaluate, rateDistortion } from '../evaluation/index.js';
import { linear } from '../nn/index.js';
import { ae, betaVae } from '../systems/index.js';
import { Training } from './index.js';

/**
 * Mean −log N(x; b, w wᵀ + σ² I) over the data, by the matrix inversion lemma: with C = w wᵀ + σ² I in D dimensions,
 * log |C| = (D − 1) log σ² + log(σ² + |w|²) and C⁻¹ = (I − w wᵀ / (σ² + |w|²)) / σ².
 */
function exactNll(w: ArrayLike<number>, b: ArrayLike<number>, variance: number): number {
  const squared = Array.from(w).reduce((sum, value) => sum + value * value, 0);
  const logDeterminant = 2 * Math.log(variance) + Math.log(variance + squared);
  let total = 0;
  for (let row = 0; row < 8; row++) {
    const x = corners.slice(3 * row, 3 * row + 3).map((value, j) => value - b[j]);
    const along = x.reduce((sum, value, j) => sum + value * w[j], 0);
    const length = x.reduce((sum, value) => sum + value * value, 0);
    total += 0.5 * (3 * Math.log(2 * Math.PI) + logDeterminant);
    total += (0.5 * (length - along ** 2 / (variance + squared))) / variance;
  }
  return total / 8;
}

test('the exact likelihood of probabilistic PCA at its optimum is 4.479959 nats', () => {
  // σ² is the mean of the discarded eigenvalues 1 and ¼, and w the first axis, of length √(4 − σ²).
  expect(exactNll([Math.sqrt(4 - 0.625), 0, 0], [0, 0, 0], 0.625)).toBeCloseTo(4.479959, 6);
});

const schedule = { steps: 3000, batchSize: 64, learningRate: 0.03, schedule: 'cosine', averageWeights: 0.99 };
// Batches are eight times the corners, so that noise of the code is all that differs between them.
const enlarged = (given: Toy): Toy => ({ ...given, data: { ...given.data, size: 64 } });

for (const { name: engineName, create } of engines.slice(0, 2)) {
  for (const { name, system, options, given, hasLearnedPrior } of linearCases) {
    test(`the linear ${name} is probabilistic PCA on ${engineName}`, async () => {
      const definition = runOf(system, enlarged(given), create(), {
        options: { ...linearLayers, latent: 1, ...options },
        training: schedule,
      });
      await new Training({ ...definition, validation: undefined }).finish();
      const read = async (name: string) =>
        Array.from((await definition.engine.variables.read([name])).get(name) ?? []);
      const weight = await read('decoder.weight');
      const bias = await read('decoder.bias');
      const priorOf = async (head: string) =>
        hasLearnedPrior ? (await read(`${head}.weight`))[0] + (await read(`${head}.bias`))[0] : 0;
      // What a code from N(m, eˢ) gives is what a standard one gives with weights e^(s/2) w and biases b + m w.
      const center = await priorOf('priorMean');
      const spread = Math.exp(0.5 * (await priorOf('priorLogVar')));
      const axis = weight.slice(0, 3).map((value) => spread * value);
      // Rows after the first are those of the class, which is always the same one.
      const shift = bias.map((value, j) => value + center * weight[j] + (weight[3 + j] ?? 0));
      const variance =
        options.sigma === 'optimal'
          ? (await read('likelihood.variance'))[0]
          : Math.exp(2 * (Math.log1p(Math.exp((await read('likelihood.logSigma'))[0] + 6)) - 6));
      // The likelihood is flat at its maximum: noise of 1 % in the weights is 1e-4 nats.
      const nll = exactNll(axis, shift, variance);
      expect(nll).toBeGreaterThan(4.479958);
      expect(nll).toBeLessThan(4.4801);
      expect(Math.abs(variance / 0.625 - 1)).toBeLessThan(0.01);
    });
  }
}

test('a linear β-VAE with fixed σ₀² is probabilistic PCA with noise βσ₀²: weaker directions are pruned', async () => {
  const definition = runOf(betaVae, enlarged(data), engines[0].create(), {
    options: { ...linearLayers, latent: 3, sigma: 'fixed', sigma0: Math.sqrt(0.5), beta: 4 },
    training: schedule,
  });
  await new Training({ ...definition, validation: undefined }).finish();
  const { variables } = definition.engine;
  const weight = Array.from((await variables.read(['decoder.weight'])).get('decoder.weight') ?? []);
  // Wᵀ W = diag(λ − βσ₀²) where λ > βσ₀² = 2, and 0 elsewhere.
  const gram = (i: number, j: number) =>
    [0, 1, 2].reduce((sum, k) => sum + weight[3 * k + i] * weight[3 * k + j], 0);
  expect(Math.abs(gram(0, 0) - 2)).toBeLessThan(0.05);
  for (const [i, j] of [
    [1, 1],
    [2, 2],
    [0, 1],
    [0, 2],
    [1, 2],
  ])
    expect(Math.abs(gram(i, j))).toBeLessThan(0.02);
});

test('linear β-VAEs learn points on the curve of reverse water-filling, and the smallest β has the largest rate', async () => {
  // With linear means and fixed widths, rate and distortion hang on second moments alone, so that the curve of normal data
  // with the variances of the corners is theirs.
  const variances = [4, 1, 0.25];
  const source = { ...data.source, size: 8000 };
  let before: number | undefined;
  for (const beta of [0.01, 0.1, 0.5, 2, 3.5, 8]) {
    const definition = runOf(betaVae, enlarged(data), engines[1].create(), {
      options: { ...linearLayers, latent: 3, sigma: 'fixed', sigma0: 1, beta },
      training: schedule,
    });
    const { runner } = await new Training({ ...definition, validation: undefined }).finish();
    const point = await rateDistortion(runner, source, { seed: 3 });
    if (typeof point === 'string') throw new Error(point);
    // D = ½ Σ (x − x̂)² + 3/2 log 2π.
    const squares = 2 * (point.distortion - 1.5 * Math.log(2 * Math.PI));
    const slack = 8 * (point.distortionError ?? 0);
    const exact = waterFilling(variances, beta);
    const cost = (rate: number, lost: number) => 2 * beta * rate + lost;
    // The level is −½ dD/dR: so much rate is a distortion known to the slack worth.
    expect(point.rate, `β = ${beta}`).toBeGreaterThan(leastRate(variances, squares + slack) - 1e-3);
    expect(Math.abs(cost(point.rate, squares) - cost(exact.rate, exact.squares))).toBeLessThan(slack + 0.02);
    expect(Math.abs(point.rate - exact.rate)).toBeLessThan(0.05 + 0.02 * exact.rate);
    if (before !== undefined) expect(point.rate).toBeLessThan(before);
    before = point.rate;
  }
  expect(before).toBeLessThan(1e-3);
});

test('the linear autoencoder loses what the discarded principal components hold', async () => {
  for (const [latent, lost] of [
    [1, 1.25],
    [2, 0.25],
    [3, 0],
  ]) {
    const definition = runOf(ae, enlarged(data), engines[0].create(), {
      options: { encoder: identity, decoder: linear(3), latent },
      training: { steps: 1500, batchSize: 8, learningRate: 0.02, schedule: 'cosine' },
    });
    const model = await new Training(definition).finish();
    const { loss } = await evaluate(model.runner, data.source);
    expect(Math.abs(loss - lost)).toBeLessThan(1e-4);
    const weight = (await definition.engine.variables.read(['decoder.weight'])).get('decoder.weight') ?? [];
    // The decoder's rows lie in the span of the leading axes: nothing of them is along the others.
    for (let row = 0; row < latent; row++)
      for (let axis = latent; axis < 3; axis++) expect(Math.abs(weight[3 * row + axis])).toBeLessThan(1e-3);
  }
});
