import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import type { Values } from '../engine/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { constant, input } from '../tensor/index.js';
import { cmma, describeData } from './index.js';

const data = describeData(pictures(3, 4, 1), { classes: 3, size: 10 });
const given = (options: Record<string, unknown> = {}) =>
  build(cmma, data, { architecture: 'mlp', hidden: [6], latent: 2, priorHidden: [4], ...options });
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);
const labels = Int32Array.of(0, 1, 2, 1, 0);

/** Heads that read nothing: whatever x and y, q(z|x, y) = N(1, 1) and p(z|y) = N(−1, 4). */
const constantHeads = (posterior: [number, number], prior: [number, number]) => {
  const heads: Record<string, Values> = {};
  for (const [head, value, width] of [
    ['mean', posterior[0], 6],
    ['logVar', posterior[1], 6],
    ['priorMean', prior[0], 4],
    ['priorLogVar', prior[1], 4],
  ] as const) {
    heads[`${head}.weight`] = new Float64Array(2 * width);
    heads[`${head}.bias`] = Float64Array.of(value, value);
  }
  return heads;
};

test('the decoder never sees the class', () => {
  const { model } = given();
  const z = input('z', [5, 2]);
  expect(model.decode(z, input('labels', [5], 'int32'))).toBe(model.decode(z));
});

test('the class decides where codes are drawn, and what the encoder makes of a sample', () => {
  const { model, batch } = given();
  const p = model.prior?.(3, constant([0, 1, 2], 'int32'));
  if (!(p instanceof DiagonalNormal)) throw new Error('cmma: the prior is normal');
  expect(p.mean.shape).toEqual([3, 2]);
  const [means, deviations] = compute([p.mean, p.deviation]);
  for (const values of [means, deviations]) expect(new Set(values).size).toBe(6);
  const codesOf = (label: number) =>
    compute([model.encode(batch(1))], { values: { x: x.slice(0, 12), labels: Int32Array.of(label) } })[0];
  expect(codesOf(0)).not.toEqual(codesOf(1));
});

test('the KL is that of two normals: 0 where they are one, 0.818147 per coordinate between N(1, 1) and N(−1, 4)', () => {
  const { model, batch } = given({ logVarBound: 0 });
  const klOf = (heads: Record<string, Values>) =>
    compute([termValue(model.objective(batch(5)).kl)], { values: { ...heads, x, labels } })[0];
  for (const value of klOf(constantHeads([0.7, -1], [0.7, -1]))) expect(value).toBeCloseTo(0, 12);
  for (const value of klOf(constantHeads([1, 0], [-1, Math.log(4)])))
    expect(value).toBeCloseTo(2 * 0.818147, 5);
});

test('without dense layers the prior is a table of a mean and a variance per class', () => {
  const { model, table } = given({ priorHidden: [], logVarBound: 0 });
  const p = model.prior?.(3, constant([2, 0, 2], 'int32'));
  if (!(p instanceof DiagonalNormal)) throw new Error('cmma: the prior is normal');
  expect([...table.variables.keys()].filter((name) => name.startsWith('prior')).sort()).toEqual([
    'priorLogVar.bias',
    'priorLogVar.weight',
    'priorMean.bias',
    'priorMean.weight',
  ]);
  const values = {
    'priorMean.weight': Float64Array.of(1, 2, 3, 4, 5, 6),
    'priorMean.bias': new Float64Array(2),
  };
  expect(compute([p.mean], { values })[0]).toEqual([5, 6, 1, 2, 5, 6]);
});

test('the model is asked for with classes, and says so', () => {
  const { model, batch } = given();
  const sentence = 'labels: cmma is conditioned on the class of each sample; give one for each';
  expect(() => model.prior?.(4)).toThrow(sentence);
  expect(() => model.objective({ x: batch(5).x })).toThrow(sentence);
  expect(() => model.encode({ x: batch(5).x })).toThrow(sentence);
});
