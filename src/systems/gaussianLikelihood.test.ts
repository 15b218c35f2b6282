import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { compute } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { VariableTable } from '../nn/index.js';
import { constant, fill, grad, input, Program, type Shape, sizeOf, zeros } from '../tensor/index.js';
import { gaussianLikelihood } from './gaussianLikelihood.js';
import { likelihoodOptions } from './options.js';

function gaussianOf(
  shape: Shape,
  given: Record<string, unknown>,
  { training = false, table = new VariableTable() } = {},
) {
  const scope = table.scope({ training });
  const likelihood = gaussianLikelihood(shape, likelihoodOptions.parse(given), scope);
  return { likelihood, scope, weights: Object.fromEntries(initialValues(table.variables.values(), 0)) };
}

const KINDS = ['fixed', 'shared', 'optimal', 'perDim'] as const;
const LOG_2PI = Math.log(2 * Math.PI);
const random = (shape: Shape, key: number) =>
  constant(Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + key))).reshape(
    shape,
  );

test('every kind is a density: it integrates to 1 around its mean', () => {
  const step = 0.01;
  const count = 6001;
  const x = constant(Float64Array.from({ length: count }, (_, i) => (i - 3000) * step)).reshape([count, 1]);
  for (const sigma of KINDS) {
    const { likelihood, weights } = gaussianOf([1], { sigma, ...(sigma === 'fixed' ? { sigma0: 0.7 } : {}) });
    const p = likelihood.distribution(fill([count, ...likelihood.outputShape], 0.5));
    const [nll, mean] = compute([p.nll(x), p.mean], { values: weights });
    const shares = Array.from(nll, (value) => Math.exp(-value) * step);
    expect(
      shares.reduce((sum, share) => sum + share, 0),
      sigma,
    ).toBeCloseTo(1, 9);
    const expected = shares.reduce((sum, share, i) => sum + share * (i - 3000) * step, 0);
    expect(expected, sigma).toBeCloseTo(mean[0], 9);
  }
});

test('with fixed σ₀ it is Σ (x − y)² / 2σ₀² + D/2 log 2πσ₀²; at σ₀² = ½, the sum of squares and a constant', () => {
  const [x, y] = [random([3, 5], 0), random([3, 5], 1)];
  const [squares] = compute([x.sub(y).square().sum(-1)]);
  for (const sigma0 of [0.1, Math.SQRT1_2, 2]) {
    const { likelihood } = gaussianOf([5], { sigma: 'fixed', sigma0 });
    const [nll] = compute([likelihood.distribution(y).nll(x)]);
    nll.forEach((value, b) => {
      const constantPart = 2.5 * (LOG_2PI + 2 * Math.log(sigma0));
      expect(value).toBeCloseTo(squares[b] / (2 * sigma0 ** 2) + constantPart, 9);
    });
  }
});

test('a shared σ starts near 1 and is learned, with its optimum at the root of the mean square', () => {
  const { likelihood, scope, weights } = gaussianOf([4], { sigma: 'shared' }, { training: true });
  const [x, y] = [random([6, 4], 2), random([6, 4], 3)];
  const nll = likelihood.distribution(y).nll(x).mean();
  const [lambda] = scope.variables;
  const [g] = grad(nll, [lambda]);
  const [meanSquare] = compute([x.sub(y).square().mean()])[0];
  expect(weights.logSigma[0]).toBe(0);
  // λ' = λ + softplus(−(λ + 6)): undone to know which λ gives σ² = the mean square.
  const wanted = 0.5 * Math.log(meanSquare);
  const optimum = Math.log(Math.expm1(wanted + 6)) - 6;
  expect(compute([g], { values: { logSigma: Float64Array.of(optimum) } })[0][0]).toBeCloseTo(0, 9);
});

test('no σ falls below e^−6, however well the data are met', () => {
  const shared = gaussianOf([2], { sigma: 'shared' });
  const x = zeros([1, 2]);
  const floor = -6 + 0.5 * LOG_2PI;
  const [nll] = compute([shared.likelihood.distribution(x).nll(x)], {
    values: { logSigma: Float64Array.of(-1e4) },
  });
  expect(nll[0]).toBeCloseTo(2 * floor, 9);
  const optimal = gaussianOf([2], { sigma: 'optimal' }, { training: true });
  const [own] = compute([optimal.likelihood.distribution(x).nll(x)]);
  expect(own[0]).toBeCloseTo(2 * floor, 9);
});

test('a predicted log-variance stays above −8, and comes from as many numbers again as the mean', () => {
  const { likelihood } = gaussianOf([2, 2, 3], { sigma: 'perDim' });
  expect(likelihood.outputShape).toEqual([2, 2, 6]);
  const p = likelihood.distribution(fill([1, 2, 2, 6], -1e4));
  const [nll, mean] = compute([p.nll(fill([1, 2, 2, 3], -1e4)), p.mean]);
  expect(nll[0]).toBeCloseTo(12 * 0.5 * (LOG_2PI - 8), 9);
  expect(mean[0]).toBe(-1e4);
});

test('the optimal σ² in training is the mean square over the whole batch', () => {
  const { likelihood } = gaussianOf([2, 3], { sigma: 'optimal' }, { training: true });
  const [x, y] = [random([4, 2, 3], 4), random([4, 2, 3], 5)];
  const [nll, squares] = compute([likelihood.distribution(y).nll(x), x.sub(y).square().sum([1, 2])]);
  const variance = squares.reduce((a, b) => a + b, 0) / 24;
  nll.forEach((value, b) => {
    expect(value).toBeCloseTo(squares[b] / (2 * variance) + 3 * (LOG_2PI + Math.log(variance)), 9);
  });
});

test('with the optimal σ, the mean’s gradient is that of D/2 log MSE', () => {
  const { likelihood } = gaussianOf([6], { sigma: 'optimal' }, { training: true });
  const y = input('y', [5, 6]);
  const x = random([5, 6], 6);
  const nll = likelihood.distribution(y).nll(x).mean();
  const logMse = x
    .sub(y)
    .square()
    .mean()
    .log()
    .mul(6 / 2);
  const values = { y: Float64Array.from({ length: 30 }, (_, i) => Math.cos(i)) };
  const [a, b] = compute([...grad(nll, [y]), ...grad(logMse, [y])], { values });
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i], 12);
  });
});

test('with the optimal σ, data and means in another unit cost D log c more', () => {
  const { likelihood } = gaussianOf([6], { sigma: 'optimal' }, { training: true });
  const [x, y] = [random([5, 6], 7), random([5, 6], 8)];
  const c = 255;
  const [nll, scaled] = compute([
    likelihood.distribution(y).nll(x).mean(),
    likelihood.distribution(y.mul(c)).nll(x.mul(c)).mean(),
  ]);
  expect(scaled[0] - nll[0]).toBeCloseTo(6 * Math.log(c), 9);
});

test('evaluation takes the running mean of the batches’ variances, on every engine', async () => {
  for (const { create } of engines) {
    const table = new VariableTable();
    const x = input('x', [2, 1]);
    const trained = gaussianOf([1], { sigma: 'optimal' }, { training: true, table });
    const nll = trained.likelihood
      .distribution(zeros([2, 1]))
      .nll(x)
      .mean();
    const evaluated = gaussianOf([1], { sigma: 'optimal' }, { table }).likelihood;
    const engine = create();
    await engine.variables.write(initialValues(table.variables.values(), 0));
    const training = await engine.compile(new Program({ outputs: { nll }, updates: trained.scope.updates }));
    const probe = evaluated.distribution(zeros([1, 1])).nll(zeros([1, 1]));
    const evaluation = await engine.compile(new Program({ outputs: { probe } }));
    const varianceNow = async () => Math.exp(2 * (await evaluation.run()).probe[0] - LOG_2PI);
    expect(await varianceNow()).toBeCloseTo(1, 5);
    await training.run({ x: Float32Array.of(2, 2) });
    expect(await varianceNow()).toBeCloseTo(4, 5);
    await training.run({ x: Float32Array.of(1, 3, 4, 4) }, { steps: 2 });
    expect(await varianceNow()).toBeCloseTo((4 + 5 + 16) / 3, 4);
  }
});

test('values and gradients are finite at extremes', () => {
  for (const sigma of KINDS) {
    const { likelihood, scope, weights } = gaussianOf([2], { sigma }, { training: true });
    const output = input('output', [1, ...likelihood.outputShape]);
    for (const at of [0, 1e4, -1e4, 1e-20]) {
      const nll = likelihood.distribution(output).nll(constant([[1, -1]].flat()).reshape([1, 2]));
      const gradients = grad(nll.sum(), [output, ...scope.variables.filter(({ trainable }) => trainable)]);
      const values = { ...weights, output: new Float64Array(output.size).fill(at) };
      for (const list of compute([nll, ...gradients], { values }))
        for (const value of list) expect(Number.isFinite(value), `${sigma} at ${at}`).toBe(true);
    }
  }
});
