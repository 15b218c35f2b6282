import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { describeData, hfvae, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 50 });
const small = { architecture: 'mlp', hidden: [6], latent: 5 };
const x = Uint8Array.from({ length: 72 }, (_, i) => (i * 89) % 256);

function termsOf(given: Record<string, unknown>) {
  const { model, batch } = build(hfvae, data, { ...small, ...given });
  const terms = Object.entries(model.objective(batch(6)));
  const values = compute(
    terms.map(([, term]) => termValue(term)),
    { values: { x }, seed: 3 },
  );
  return Object.fromEntries(terms.map(([name], i) => [name, values[i]]));
}

test('correlation between groups, within them and the information have weights of their own', () => {
  const { model, batch } = build(hfvae, data, { ...small, alpha: 2, beta: 3, gamma: 4 });
  const terms = Object.entries(model.objective(batch(6))).map(([name, term]) => [
    name,
    toWeighted(term).weight,
  ]);
  expect(terms).toEqual([
    ['reconstruction', 1],
    ['dimensionWiseKl', 1],
    ['mutualInformation', 2],
    ['totalCorrelation', 3],
    ['withinGroups', 4],
  ]);
});

test('by default coordinates are in pairs, with one left over', () => {
  expect(termsOf({})).toEqual(termsOf({ groups: [2, 2, 1] }));
  expect(termsOf({})).not.toEqual(termsOf({ groups: [2, 1, 2] }));
});

test('however coordinates are grouped, correlation between and within adds up to the same', () => {
  const sums = [[5], [1, 1, 1, 1, 1], [2, 3], [4, 1]].map((groups) => {
    const { totalCorrelation, withinGroups } = termsOf({ groups });
    return totalCorrelation.map((value, b) => value + withinGroups[b]);
  });
  for (const other of sums.slice(1)) {
    other.forEach((value, b) => {
      expect(value).toBeCloseTo(sums[0][b], 11);
    });
  }
});

test('groups that are not the code are refused', () => {
  expect(() => build(hfvae, data, { ...small, groups: [2, 2] })).toThrow(
    'groups: groups of 2, 2 hold 4 coordinates, but a code has 5; let them add up to it',
  );
});

test('a batch too small for an estimate of q(z) is refused', () => {
  const given = { options: hfvae.options.parse({}), data, run: { batchSize: 8, isLengthGiven: false } };
  expect(() => hfvae.require?.(given)).toThrow(
    'batchSize: hfvae estimates q(z) from the batch and needs 32 samples or more; 8 were asked for',
  );
});
