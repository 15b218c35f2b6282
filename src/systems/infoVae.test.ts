import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { DiagonalNormal, imq, mmd, rbf } from '../probability/index.js';
import { grad } from '../tensor/index.js';
import { describeData, infoVae, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 1000 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);

function built(options: Record<string, unknown>) {
  const { model, batch, scope } = build(infoVae, data, { ...small, ...options });
  const terms = model.objective(batch(5));
  const q = model.posterior?.(batch(5));
  if (!(q instanceof DiagonalNormal)) throw new Error('the posterior is normal');
  const drawn = DiagonalNormal.standard([5, 3]).sample({ stream: 'prior' });
  return { model, batch, scope, terms, codes: q.rsample(), drawn };
}

test('the KL has weight 1 − α, MMD² of this batch’s codes and fresh draws from the prior α + λ − 1', () => {
  const { terms, codes, drawn } = built({ alpha: 0.25, lambda: 10 });
  expect(toWeighted(terms.kl)).toMatchObject({ weight: 0.75, role: 'bound' });
  expect(toWeighted(terms.mmd)).toMatchObject({ weight: 9.25, role: 'penalty' });
  // ℓ² is the length of a code.
  const [value, expected] = compute([termValue(terms.mmd), mmd(codes, drawn, rbf(3))], { values: { x } });
  expect(value).toEqual(expected);
});

test('kernel, scales and bandwidth are those that were asked for', () => {
  const { terms, codes, drawn } = built({ kernel: 'imq', scales: [0.5, 4], bandwidth: 2 });
  const values = [termValue(terms.mmd), mmd(codes, drawn, imq(2)), mmd(codes, drawn, imq(16))];
  const [[together], [first], [second]] = compute(values, { values: { x } });
  expect(together).toBeCloseTo(first + second, 12);
});

test('MMD² moves the encoder through the draws, and never the decoder', () => {
  const { terms, scope } = built({});
  const slopes = compute(grad(termValue(terms.mmd), scope.variables), { values: { x } });
  scope.variables.forEach(({ name }, i) => {
    const largest = Math.max(...slopes[i].map(Math.abs));
    if (name.startsWith('decoder.')) expect(largest, name).toBe(0);
    else if (name !== 'encoder.1.bias') expect(largest, name).toBeGreaterThan(0);
  });
});

test('at α = 1 there is no KL to pay, and it is reported all the same', () => {
  const { terms } = built({ alpha: 1 });
  expect(toWeighted(terms.kl).weight).toBe(0);
  const [kl] = compute([termValue(terms.kl)], { values: { x } });
  expect(Math.min(...kl)).toBeGreaterThan(0);
});

test('a negative weight of MMD² and batches that cannot estimate it are refused', () => {
  expect(() => built({ alpha: -3, lambda: 2 })).toThrow(
    'lambda: alpha + lambda − 1 is the weight of MMD² and must not be negative; with alpha -3, give 4 or more',
  );
  const given = { options: infoVae.options.parse({}), data, run: { batchSize: 32, isLengthGiven: false } };
  expect(() => infoVae.require?.(given)).toThrow(
    'batchSize: info-vae estimates MMD² from the batch and needs 64 samples or more; 32 were asked for',
  );
});

test('for one sample there is a bound, and no MMD²', () => {
  const { model, batch } = build(infoVae, data, small, { training: false });
  const terms = Object.values(model.objective(batch(1))).map(termValue);
  const [reconstruction, kl, mismatch] = compute(terms, { values: { x: x.slice(0, 12) } });
  expect([...reconstruction, ...kl].every(Number.isFinite)).toBe(true);
  expect(mismatch).toEqual([Number.NaN]);
});
