import { expect, test } from 'vitest';
import { build, compute, numericTable, pictures, termValue } from '../conformance/models.js';
import type { Layer } from '../nn/index.js';
import { DiagonalNormal, imq, mmd, multiScaleKernel } from '../probability/index.js';
import { covariance, grad, input } from '../tensor/index.js';
import { describeData, toWeighted, waeMmd } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 1000 });
const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);
const drawn = DiagonalNormal.standard([5, 2]).sample({ stream: 'prior' });

test('the cost has the authors’ scale, and MMD² is the sum over seven scales of 2 d', () => {
  const { model, batch } = build(waeMmd, data, { ...small, inputNoise: 0 });
  const terms = model.objective(batch(5));
  expect(toWeighted(terms.reconstruction)).toMatchObject({ weight: 0.05 });
  expect(toWeighted(terms.mmd)).toMatchObject({ weight: 10, role: 'penalty' });
  const codes = model.encode(batch(5));
  const kernel = multiScaleKernel(imq, [0.1, 0.2, 0.5, 1, 2, 5, 10], 4);
  const [[value], [expected]] = compute([termValue(terms.mmd), mmd(codes, drawn, kernel)], { values: { x } });
  expect(value).toBeCloseTo(expected, 12);
});

test('the median bandwidth follows the codes: scaling codes and prior alike would change nothing', () => {
  const of = (bandwidth: unknown) => {
    const { model, batch } = build(waeMmd, data, { ...small, inputNoise: 0, scales: [1], bandwidth });
    return compute([termValue(model.objective(batch(5)).mmd), model.encode(batch(5)), drawn], {
      values: { x },
    });
  };
  const [[value], codes, prior] = of('median');
  const point = (list: number[], i: number) => list.slice(2 * i, 2 * i + 2);
  const squared = [0, 1, 2, 3, 4].flatMap((i) =>
    [0, 1, 2, 3, 4].map((j) => {
      const [a, b] = [point(codes, i), point(prior, j)];
      return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2;
    }),
  );
  const median = squared.sort((a, b) => a - b)[12];
  expect(value).toBeCloseTo(of(median / 2)[0][0], 9);
});

test('MMD² reaches the encoder alone, the cost both halves', () => {
  const { model, batch, scope } = build(waeMmd, data, small);
  const { reconstruction, mmd: mismatch } = model.objective(batch(5));
  const decoder = scope.variables.filter(({ name }) => name.startsWith('decoder.'));
  const encoder = scope.variables.filter(({ name }) => name === 'code.weight' || name === 'encoder.1.weight');
  const largest = (term: typeof mismatch, variables: typeof decoder) =>
    compute(grad(termValue(term).mean(), variables), { values: { x } }).map((g) =>
      Math.max(...g.map(Math.abs)),
    );
  for (const slope of largest(mismatch, decoder)) expect(slope).toBe(0);
  for (const slope of largest(mismatch, encoder)) expect(slope).toBeGreaterThan(0);
  for (const slope of largest(reconstruction, [...encoder, ...decoder])) expect(slope).toBeGreaterThan(0);
});

test('noise is on what the encoder sees in training, and never on the target', () => {
  const cost = (options: Record<string, unknown>, training: boolean) => {
    const { model, batch } = build(waeMmd, data, { ...small, ...options }, { training });
    return compute([termValue(model.objective(batch(5)).reconstruction)], { values: { x } })[0];
  };
  const clean = cost({ inputNoise: 0 }, true);
  expect(cost({ inputNoise: 0.5 }, false)).toEqual(clean);
  expect(cost({ inputNoise: 0.5 }, true)).not.toEqual(clean);
  // An encoder that sees nothing leaves only the target, which must be the same with and without noise.
  const blind: Layer = () => (t) => t.flatten().mul(0);
  const own = { encoder: blind, inputNoise: 0.5 };
  expect(cost(own, true)).toEqual(cost({ ...own, inputNoise: 0 }, true));
});

test('a gaussian code is a draw around its mean, a universal one a function of noise; both have a fixed middle', () => {
  for (const posterior of ['gaussian', 'universal']) {
    const { model, batch } = build(waeMmd, data, { ...small, inputNoise: 0, posterior });
    const cost = termValue(model.objective(batch(5)).reconstruction);
    const at = (seed: number) => compute([cost, model.encode(batch(5))], { values: { x }, seed });
    expect(at(1)[0]).not.toEqual(at(2)[0]);
    expect(at(1)[1]).toEqual(at(2)[1]);
    expect(model.posterior !== undefined).toBe(posterior === 'gaussian');
  }
});

test('tied layers and activated codes are refused where codes are drawn', () => {
  expect(() => build(waeMmd, data, { ...small, posterior: 'gaussian', tied: true })).toThrow(
    'tied: has no effect where posterior is gaussian; leave it out',
  );
  expect(() => build(waeMmd, data, { ...small, posterior: 'universal', codeActivation: 'tanh' })).toThrow(
    'codeActivation: has no effect where posterior is universal; leave it out',
  );
});

test('pretraining is a stage of its own, in which the encoder alone learns the moments of the prior', () => {
  const { model, batch } = build(waeMmd, data, { ...small, inputNoise: 0, pretrain: 30 });
  const [pretraining, training] = model.stages ?? [];
  expect(pretraining).toMatchObject({ name: 'pretraining', length: 30 });
  expect(training.length).toBeUndefined();
  const [phase] = pretraining.phases;
  expect(['encoder.1.weight', 'code.bias', 'decoder.0.weight'].map(phase.moves)).toEqual([true, true, false]);
  const terms = phase.objective(batch(5));
  const codes = model.encode(batch(5));
  const [[means], [covariances], m, c] = compute(
    [
      termValue(terms.mean),
      termValue(terms.covariance),
      codes.mean(0).sub(drawn.mean(0)),
      covariance(codes).sub(covariance(drawn)),
    ],
    { values: { x } },
  );
  const meanSquare = (values: number[]) => values.reduce((sum, v) => sum + v * v, 0) / values.length;
  expect([means, covariances]).toEqual([expect.closeTo(meanSquare(m), 9), expect.closeTo(meanSquare(c), 9)]);
});

test('what can be sampled is drawn from N(0, I) and decoded', () => {
  const table = describeData(numericTable(3), { size: 100 });
  const { model } = build(waeMmd, table, { hidden: [4], latent: 2 });
  expect(model.prior?.(6).sample({ stream: 'prior' }).shape).toEqual([6, 2]);
  expect(model.decode(input('z', [6, 2])).shape).toEqual([6, 3]);
});
