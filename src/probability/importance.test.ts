/** On a model whose evidence is known: p(z) = N(0, 1), p(x|z) = N(z, 1), x = 1, so that p(z|x) = N(½, ½). */
import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, fill, grad, logMeanExp, ones, type Tensor, Variable, zeros } from '../tensor/index.js';
import {
  DiagonalNormal,
  type ImportanceOptions,
  importanceGradients,
  importanceSamples,
  logWeights,
} from './index.js';

const LOG_EVIDENCE = -1.515512;
/** N(mean, 1) over one coordinate, with draws and samples in front. */
const unitNormal = (mean: Tensor) => new DiagonalNormal({ mean, logVar: constant(0), eventRank: 1 });

/** `count` problems side by side, each with parameters of its own: q = N(mean, e^logVar) and p(x|z) = N(z + shift, 1). */
function problems(count: number, given: Partial<ImportanceOptions> = {}) {
  const parameter = (name: string) => new Variable(name, [count, 1], () => []);
  const [mean, logVar, shift] = [parameter('mean'), parameter('logVar'), parameter('shift')];
  const options: ImportanceOptions = {
    q: new DiagonalNormal({ mean, logVar }),
    p: DiagonalNormal.standard([count, 1]),
    nll: (z) => unitNormal(z.add(shift)).nll(ones([count, 1])),
    draws: [1],
    ...given,
  };
  return { options, mean, logVar, shift };
}

function at(count: number, { mean = 0, logVar = 0, shift = 0, seed = 3 }) {
  const filled = (value: number) => new Float64Array(count).fill(value);
  const values = { mean: filled(mean), logVar: filled(logVar), shift: filled(shift) };
  return (...roots: readonly Tensor[]) => evaluate(roots, { values, seed }).map((list) => Array.from(list));
}

const exact = { mean: 0.5, logVar: Math.log(0.5) };

function summarise(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance, standardError: Math.sqrt(variance / values.length) };
}

/** E log 1/K Σ_k w_k under q = p(z), by the trapezoidal rule in each of the K draws. */
function integrated(draws: number, points: number): number {
  const width = 16 / points;
  const node = (i: number) => -8 + (i + 0.5) * width;
  const count = points ** draws;
  const index = (i: number, k: number) => Math.floor(i / points ** k) % points;
  const z = Float64Array.from({ length: draws * count }, (_, i) =>
    node(index(i % count, Math.floor(i / count))),
  );
  const normal = DiagonalNormal.standard([1, 1]);
  const code = new Variable('z', [draws, count, 1], () => []);
  const weights = logWeights({ q: normal, p: normal, nll: (z) => unitNormal(z).nll(ones([1, 1])) }, code);
  const density = normal.logProb(code).sum(0).exp();
  const [value] = evaluate([logMeanExp(weights, 0).mul(density).sum()], { values: { z } });
  return value[0] * width ** draws;
}

test('with the prior as posterior the bounds of 1, 2 and 3 draws are −1.918939, −1.653474 and −1.594067', () => {
  expect(integrated(1, 60)).toBeCloseTo(-1.918939, 6);
  expect(integrated(2, 60)).toBeCloseTo(-1.653474, 6);
  expect(integrated(3, 60)).toBeCloseTo(-1.594067, 6);
});

test('with the prior as posterior the mean bound rises with the number of draws, to the evidence', () => {
  let last = -1.918939;
  for (const [draws, expected, count] of [
    [5, -1.5566, 60_000],
    [8, -1.54014, 40_000],
    [16, -1.52742, 20_000],
    [50, -1.5193, 10_000],
    [64, -1.51839, 10_000],
  ]) {
    const { options } = problems(count, { draws: [draws] });
    const [bounds] = at(count, {})(importanceSamples(options).logMeanWeight(0));
    const { mean, standardError } = summarise(bounds);
    expect(Math.abs(mean - expected)).toBeLessThan(4 * standardError + 5e-4);
    expect(mean).toBeGreaterThan(last);
    expect(mean).toBeLessThan(LOG_EVIDENCE);
    last = mean;
  }
});

test('with the exact posterior every weight is the evidence, whatever the draw', () => {
  const { options } = problems(20, { draws: [3, 4] });
  const samples = importanceSamples(options);
  const [weights, bounds] = at(20, exact)(samples.logWeights, samples.logMeanWeight(1));
  for (const value of [...weights, ...bounds]) expect(value).toBeCloseTo(LOG_EVIDENCE, 6);
  expect(samples.logMeanWeight(1).shape).toEqual([3, 20]);
});

test('at the exact posterior the gradient of q is 0 in the mean, and 0 for every draw along the path alone', () => {
  const count = 5000;
  for (const gradient of importanceGradients) {
    const { options, mean, logVar } = problems(count, { draws: [5], gradient });
    const bound = importanceSamples(options).logMeanWeight(0);
    for (const gradients of at(count, exact)(...grad(bound.sum(), [mean, logVar]))) {
      const { mean, standardError } = summarise(gradients);
      if (gradient === 'standard') expect(Math.abs(mean)).toBeLessThan(4 * standardError);
      else expect(Math.max(...gradients.map(Math.abs))).toBeLessThan(1e-12);
    }
  }
});

test('the order of the draws does not matter', () => {
  const { options } = problems(4, { draws: [6] });
  const { logWeights: weights, logMeanWeight } = importanceSamples(options);
  const turned = weights.gather(constant([3, 1, 5, 0, 4, 2], 'int32'));
  const [bounds, permuted] = at(4, {})(logMeanWeight(0), logMeanExp(turned, 0));
  bounds.forEach((bound, i) => {
    expect(permuted[i]).toBeCloseTo(bound, 13);
  });
});

test('the bound is one number whatever estimates its gradient', () => {
  const [standard, ...others] = importanceGradients.map((gradient) => {
    const { options } = problems(6, { draws: [2, 5], gradient });
    return at(6, { mean: 0.3 })(importanceSamples(options).logMeanWeight(1))[0];
  });
  for (const other of others) expect(other).toEqual(standard);
});

test('the standard gradient is the slope of the bound, and Σ w̃ ∇log w', () => {
  const given = { mean: 0.3, logVar: -0.4, shift: 0.2 };
  const { options, mean, logVar, shift } = problems(3, { draws: [4] });
  const samples = importanceSamples(options);
  const bound = samples.logMeanWeight(0);
  const shares = samples.logWeights
    .sub(bound)
    .exp()
    .mul(1 / 4)
    .stopGradient();
  const weighted = grad(shares.mul(samples.logWeights).sum(), [mean, logVar, shift]);
  const gradients = at(3, given)(...grad(bound.sum(), [mean, logVar, shift]), ...weighted);
  (['mean', 'logVar', 'shift'] as const).forEach((name, i) => {
    const h = 1e-5;
    const [above] = at(3, { ...given, [name]: given[name] + h })(bound);
    const [below] = at(3, { ...given, [name]: given[name] - h })(bound);
    gradients[i].forEach((g, b) => {
      expect(g).toBeCloseTo((above[b] - below[b]) / (2 * h), 8);
      expect(gradients[3 + i][b]).toBeCloseTo(g, 12);
    });
  });
});

test('dreg is Σ w̃² ∂log w/∂z ∂z/∂φ and stl Σ w̃ ∂log w/∂z ∂z/∂φ, by hand', () => {
  const given = { mean: 0.3, logVar: -0.4 };
  const draws = 5;
  for (const gradient of ['stl', 'dreg'] as const) {
    const { options, mean, logVar } = problems(1, { draws: [draws], gradient });
    const { logMeanWeight, logWeights: weights } = importanceSamples(options);
    const z = options.q.rsample({ draws });
    const [[forMean], [forLogVar], logW, codes] = at(1, given)(
      ...grad(logMeanWeight(0).sum(), [mean, logVar]),
      weights,
      z,
    );
    const total = logW.reduce((sum, value) => sum + Math.exp(value), 0);
    let [expectedMean, expectedLogVar] = [0, 0];
    codes.forEach((code, k) => {
      const share = Math.exp(logW[k]) / total;
      // log w = −½ (1 − z)² − ½ z² + ½ (z − m)² e^−s + …
      const slope = 1 - code - code + (code - given.mean) * Math.exp(-given.logVar);
      const weight = gradient === 'dreg' ? share ** 2 : share;
      expectedMean += weight * slope;
      // ∂z/∂s = ½ (z − m)
      expectedLogVar += weight * slope * 0.5 * (code - given.mean);
    });
    expect(forMean).toBeCloseTo(expectedMean, 12);
    expect(forLogVar).toBeCloseTo(expectedLogVar, 12);
  }
});

test('dreg agrees with the standard gradient in the mean, with less noise', () => {
  const [count, draws] = [4000, 50];
  const gradientsOf = (gradient: (typeof importanceGradients)[number]) => {
    const { options, mean, logVar } = problems(count, { draws: [draws], gradient });
    return at(count, { mean: 0.2, logVar: 0.3 })(
      ...grad(importanceSamples(options).logMeanWeight(0).sum(), [mean, logVar]),
    );
  };
  const standard = gradientsOf('standard');
  gradientsOf('dreg').forEach((dreg, i) => {
    const difference = summarise(dreg.map((g, b) => g - standard[i][b]));
    expect(Math.abs(difference.mean)).toBeLessThan(4 * difference.standardError);
    expect(summarise(dreg).variance).toBeLessThan(0.5 * summarise(standard[i]).variance);
  });
});

test('all estimators give the likelihood the same gradient', () => {
  const [standard, ...others] = importanceGradients.map((gradient) => {
    const { options, shift } = problems(5, { draws: [2, 3], gradient });
    return at(5, { mean: 0.4 })(...grad(importanceSamples(options).logMeanWeight(1).sum(), [shift]))[0];
  });
  for (const other of others)
    other.forEach((g, b) => {
      expect(g).toBeCloseTo(standard[b], 13);
    });
});

test('q’s gradient drowns in noise as draws are added, and comes out as groups are added', () => {
  const count = 4000;
  const signalToNoise = (groups: number, draws: number) => {
    const { options, mean } = problems(count, { draws: [groups, draws] });
    const bound = importanceSamples(options).logMeanWeight(1).mean(0);
    const [gradients] = at(count, { mean: 1 })(...grad(bound.sum(), [mean]));
    const { mean: signal, variance } = summarise(gradients);
    return Math.abs(signal) / Math.sqrt(variance);
  };
  // Rainforth et al. 2018, theorem 1: as √(M/K).
  expect(signalToNoise(1, 64)).toBeLessThan(0.7 * signalToNoise(1, 4));
  expect(signalToNoise(16, 4)).toBeGreaterThan(3 * signalToNoise(1, 4));
});

test('codes of several axes are weighed whole, and a likelihood may be any function of them', () => {
  const q = new DiagonalNormal({ mean: fill([2, 3, 4], 0.5), logVar: zeros([2, 3, 4]) });
  const p = DiagonalNormal.standard([2, 3, 4]);
  for (const gradient of importanceGradients) {
    const samples = importanceSamples({ q, p, nll: (z) => z.sum([-2, -1]), draws: [5], gradient });
    expect(samples.logWeights.shape).toEqual([5, 2]);
    expect(samples.logMeanWeight(0).shape).toEqual([2]);
  }
});
