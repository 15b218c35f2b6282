import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { grad } from '../tensor/index.js';
import { betaTcvae, describeData, type Term, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 50 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const levels = (count: number) => Uint8Array.from({ length: count * 12 }, (_, i) => (i * 89) % 256);

test('the three parts of the KL are of the bound and carry their weights', () => {
  const { model, batch } = build(betaTcvae, data, { ...small, alpha: 2, beta: 3, gamma: 4 });
  const terms = Object.entries(model.objective(batch(5)));
  expect(terms.map(([name, term]) => [name, toWeighted(term).weight])).toEqual([
    ['reconstruction', 1],
    ['mutualInformation', 2],
    ['totalCorrelation', 3],
    ['dimensionWiseKl', 4],
  ]);
  for (const [, term] of terms) {
    expect(toWeighted(term).role).toBe('bound');
    expect(toWeighted(term).value.shape).toEqual([5]);
  }
});

test('q(z) counts all samples of the training part, not those of the batch', () => {
  // Posteriors so narrow that none reaches another code: a code tells which of N samples it is of, log N nats.
  const narrow = { 'logVar.weight': new Float64Array(18), 'logVar.bias': new Float64Array(3).fill(-30) };
  for (const size of [5, 50, 5000]) {
    const given = { ...small, logVarBound: 0 };
    const { model, batch } = build(betaTcvae, describeData(pictures(3, 4, 1), { size }), given);
    const roots = [termValue(model.objective(batch(5)).mutualInformation)];
    const [information] = compute(roots, { values: { ...narrow, x: levels(5) }, seed: 2 });
    for (const value of information) expect(value).toBeCloseTo(Math.log(size), 10);
  }
});

test('other samples may come in batches larger than the training part', () => {
  const { model, batch } = build(betaTcvae, describeData(pictures(3, 4, 1), { size: 2 }), small, {
    training: false,
  });
  const roots = Object.values(model.objective(batch(7))).map(termValue);
  for (const value of compute(roots, { values: { x: levels(7) } }).flat())
    expect(Number.isFinite(value)).toBe(true);
});

test('one sample can be scored: it has nothing to be told from', () => {
  const { model, batch } = build(betaTcvae, data, small, { training: false });
  const roots = Object.values(model.objective(batch(1))).map(termValue);
  const [[nll], [information], [correlation], [divergence]] = compute(roots, { values: { x: levels(1) } });
  expect(information).toBeCloseTo(0, 12);
  expect(correlation).toBeCloseTo(0, 12);
  expect(nll + divergence).toBeGreaterThan(0);
});

test('the decoder learns from the reconstruction alone, the encoder from every part', () => {
  const { model, batch, scope } = build(betaTcvae, data, small);
  const terms = model.objective(batch(6));
  const weights = scope.variables;
  const reached = (term: Term) => {
    const slopes = compute(grad(termValue(term).mean(), weights), { values: { x: levels(6) } });
    const names = weights.filter((_, i) => slopes[i].some((slope) => slope !== 0)).map(({ name }) => name);
    return new Set(names.map((name) => name.split('.')[0]));
  };
  const encoder = ['encoder', 'mean', 'logVar'];
  expect(reached(terms.reconstruction)).toEqual(new Set([...encoder, 'decoder']));
  for (const name of ['mutualInformation', 'totalCorrelation', 'dimensionWiseKl'])
    expect(reached(terms[name])).toEqual(new Set(encoder));
});

test('one coordinate has no total correlation', () => {
  const { model, batch } = build(betaTcvae, data, { ...small, latent: 1 });
  const [values] = compute([termValue(model.objective(batch(6)).totalCorrelation)], {
    values: { x: levels(6) },
  });
  for (const value of values) expect(Math.abs(value)).toBeLessThan(1e-14);
});

test('a batch too small for an estimate of q(z) is refused', () => {
  const given = { options: betaTcvae.options.parse({}), data, run: { batchSize: 31, isLengthGiven: false } };
  expect(() => betaTcvae.require?.(given)).toThrow(
    'batchSize: beta-tcvae estimates q(z) from the batch and needs 32 samples or more; 31 were asked for',
  );
});
