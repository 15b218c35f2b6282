import { expect, test } from 'vitest';
import { compute, numericTable, pictures, tableOf } from '../conformance/models.js';
import type { SampleSpec } from '../data/index.js';
import { initialValues } from '../engine/index.js';
import { VariableTable } from '../nn/index.js';
import { Bernoulli, DiagonalNormal, DiscretisedLogistic } from '../probability/index.js';
import { constant, fill, input, zeros } from '../tensor/index.js';
import { describeData, likelihoodFor, likelihoodOptions } from './index.js';

function likelihoodOf(spec: SampleSpec, given: Record<string, unknown> = {}, training = false) {
  const table = new VariableTable();
  const data = describeData(spec, { size: 1 });
  const likelihood = likelihoodFor(data, likelihoodOptions.parse(given), table.scope({ training }));
  const weights = Object.fromEntries(initialValues(table.variables.values(), 0));
  return { likelihood, weights };
}

const grey = pictures(28, 28, 1);
const colour = pictures(4, 4, 3);
const pair = tableOf([
  { name: 'a', type: 'binary', categories: ['no', 'yes'] },
  { name: 'b', type: 'categorical', categories: ['x', 'y', 'z'] },
]);

test('without being told, grey pictures are Bernoulli, colour ones Gaussian, and tables have one likelihood per column', () => {
  const kindOf = (spec: SampleSpec, given?: Record<string, unknown>) => {
    const { likelihood } = likelihoodOf(spec, given);
    return likelihood.distribution(zeros([2, ...likelihood.outputShape])).constructor;
  };
  expect(kindOf(grey)).toBe(Bernoulli);
  expect(kindOf(colour)).toBe(DiagonalNormal);
  expect(likelihoodOf(pair).likelihood.outputShape).toEqual([1 + 3]);
  // Naming a σ is asking for a Gaussian.
  expect(kindOf(grey, { sigma: 'shared' })).toBe(DiagonalNormal);
  expect(kindOf(colour, { likelihood: 'bernoulli' })).toBe(Bernoulli);
  expect(kindOf(grey, { likelihood: 'logistic' })).toBe(DiscretisedLogistic);
});

test('a likelihood that does not fit the data is refused with one that does', () => {
  const refusal = (spec: SampleSpec, given: Record<string, unknown>) => () => likelihoodOf(spec, given);
  expect(refusal(grey, { likelihood: 'table' })).toThrow(
    'likelihood: table is for tables; pictures take bernoulli, gaussian or logistic',
  );
  expect(refusal(numericTable(2), { likelihood: 'bernoulli' })).toThrow(
    "likelihood: bernoulli is for values from 0 to 1, and column 'x0' is numeric; use table or gaussian",
  );
  const levels = 'likelihood: logistic is for pictures of 256 levels; use gaussian';
  expect(refusal(pair, { likelihood: 'logistic' })).toThrow(levels);
  expect(refusal(pictures(2, 2, 1, 'float32'), { likelihood: 'logistic' })).toThrow(levels);
  const blackAndWhite: SampleSpec = { kind: 'image', shape: [2, 2, 1], dtype: 'uint8', range: [0, 1] };
  expect(refusal(blackAndWhite, { likelihood: 'logistic' })).toThrow(levels);
});

test('a σ that nothing would read is refused', () => {
  expect(() => likelihoodOf(grey, { likelihood: 'bernoulli', sigma: 'shared' })).toThrow(
    'sigma: has no effect with the bernoulli likelihood; leave it out or use likelihood gaussian',
  );
  expect(() => likelihoodOf(grey, { sigma: 'shared', sigma0: 0.5 })).toThrow(
    'sigma0: has no effect with sigma shared; leave it out or use sigma fixed',
  );
});

test('Bernoulli logits of 0 cost ln 2 for each of 784 pixels, summed and not averaged', () => {
  const { likelihood } = likelihoodOf(grey);
  const x = fill([2, 28, 28, 1], 1);
  const [nll] = compute([likelihood.distribution(zeros([2, 28, 28, 1])).nll(x)]);
  expect(Array.from(nll)).toEqual([543.4274, 543.4274].map((v) => expect.closeTo(v, 4)));
});

test('the Bernoulli probabilities of all black and white pictures sum to 1, and its mean is the probability of white', () => {
  const { likelihood } = likelihoodOf(pictures(1, 3, 1));
  const all = Array.from({ length: 8 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
  const logits = constant([-2, 0.3, 5]).reshape([1, 1, 3, 1]);
  const p = likelihood.distribution(logits.broadcastTo([8, 1, 3, 1]));
  const [costs, means] = compute([p.nll(constant(all.flat()).reshape([8, 1, 3, 1])), p.mean]);
  const shares = Array.from(costs, (cost) => Math.exp(-cost));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  const whiteInSecond = shares.reduce((sum, share, i) => sum + share * all[i][1], 0);
  expect(whiteInSecond).toBeCloseTo(means[1], 12);
});

test('the logistic probabilities of all 256 levels sum to 1 for any location and channel', () => {
  const { likelihood, weights } = likelihoodOf(pictures(1, 1, 2), { likelihood: 'logistic' });
  expect(Object.keys(weights)).toEqual(['logScale']);
  const levels = Float64Array.from({ length: 512 }, (_, i) => (i >> 1) / 255);
  for (const location of [-1.4, -1, 0.1, 0.98, 3]) {
    for (const logScale of [-2, -6.5, 1]) {
      const p = likelihood.distribution(fill([256, 1, 1, 2], location));
      const x = input('x', [256, 1, 1, 2]);
      // Both channels hold the same level, so probabilities of pairs are squares of those of levels.
      const values = { ...weights, logScale: Float64Array.of(logScale, logScale), x: levels };
      const [nll] = compute([p.nll(x)], { values });
      const total = nll.reduce((sum, value) => sum + Math.exp(-value / 2), 0);
      expect(total).toBeCloseTo(1, 4);
    }
  }
});

test('the logistic mean is an intensity from 0 to 1', () => {
  const { likelihood, weights } = likelihoodOf(pictures(1, 4, 1), { likelihood: 'logistic' });
  const p = likelihood.distribution(constant([-9, -1, 0, 9]).reshape([1, 1, 4, 1]));
  // Where the location is the lowest level, half of the draws are above it: by ∫ P(v > t) dt, s ln 2 in [−1, 1].
  const atEdge = (Math.exp(-2) * Math.LN2) / 2;
  const expected = [0, atEdge, 0.5, 1].map((value) => expect.closeTo(value, 6));
  expect(compute([p.mean], { values: weights })[0]).toEqual(expected);
});

test('a picture tiled to twice its size costs twice as much, and a batch of copies no more per sample', () => {
  for (const given of [{}, { likelihood: 'gaussian', sigma: 'fixed' }, { likelihood: 'logistic' }]) {
    const cost = (width: number, count: number) => {
      const { likelihood, weights } = likelihoodOf(pictures(1, width, 1), given);
      const p = likelihood.distribution(fill([count, 1, width, 1], 0.3));
      const [nll] = compute([p.nll(fill([count, 1, width, 1], 0.8)).mean()], { values: weights });
      return nll[0];
    };
    expect(cost(8, 1)).toBeCloseTo(2 * cost(4, 1), 9);
    expect(cost(4, 6)).toBeCloseTo(cost(4, 1), 9);
  }
});
