import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, type Tensor } from '../tensor/index.js';
import {
  Bernoulli,
  Categorical,
  DiagonalNormal,
  DiscretisedLogistic,
  type Distribution,
  kl,
  klPerDimension,
  sampledKl,
} from './index.js';

const valuesOf = (y: Tensor, seed = 0) => Array.from(evaluate([y], { seed })[0]);
const row = (values: readonly number[]) => constant(Float64Array.from(values), 'float32', [1, values.length]);
const normal = (mean: readonly number[], logVar: readonly number[]) =>
  new DiagonalNormal({ mean: row(mean), logVar: row(logVar) });

test('KL(N(1, 1) ‖ N(−1, 4)) = 0.818147', () => {
  expect(valuesOf(kl(normal([1], [0]), normal([-1], [Math.log(4)])))[0]).toBeCloseTo(0.818147, 6);
});

test('against the standard normal it is ½ Σ (m² + eˢ − s − 1)', () => {
  const [m, s] = [
    [0.3, -1.2, 2],
    [0.1, -3, 1],
  ];
  const expected = m.reduce((sum, mean, j) => sum + 0.5 * (mean ** 2 + Math.exp(s[j]) - s[j] - 1), 0);
  expect(valuesOf(kl(normal(m, s), DiagonalNormal.standard([1, 3])))[0]).toBeCloseTo(expected, 14);
});

const list = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 4, maxLength: 4 });
const families: [string, (a: readonly number[], b: readonly number[]) => Distribution | Categorical][] = [
  ['normal', (a, b) => normal(a, b)],
  ['Bernoulli', (a) => new Bernoulli(row(a))],
  ['categorical', (a, b) => new Categorical(constant([...a, ...b], 'float32', [1, 2, 4]))],
];

test.each(families)('the divergence of a %s from itself is 0, and from another never negative', (_, make) => {
  fc.assert(
    fc.property(list, list, list, list, (a, b, c, d) => {
      const [q, p] = [make(a, b), make(c, d)];
      for (const value of valuesOf(klPerDimension(q, p) ?? constant(-1))) {
        expect(value).toBeGreaterThanOrEqual(-1e-13);
      }
      for (const value of valuesOf(kl(q, q))) expect(Math.abs(value)).toBeLessThan(1e-13);
    }),
  );
});

test.each(families)('the closed form for a %s agrees with E_q[log q(z) − log p(z)]', (_, make) => {
  const draws = 20_000;
  const q = make([0.5, -1, 0.2, 1], [-0.3, 0.4, 0.1, -1]);
  const p = make([-0.2, 0.3, 0.7, 0], [0.2, 0.5, -0.8, 0.3]);
  const z = q.sample({ draws });
  const terms = valuesOf(q.logProb(z).sub(p.logProb(z)), 7);
  const mean = terms.reduce((a, b) => a + b) / draws;
  const variance = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0) / (draws - 1);
  const [closedForm] = valuesOf(kl(q, p));
  expect(Math.abs(mean - closedForm)).toBeLessThan(4 * Math.sqrt(variance / draws)); // seeded: never by luck
});

test('the coordinates’ own divergences add up to the whole', () => {
  const [q, p] = [normal([1, 2, 3], [0, 1, -1]), normal([0, 0, 1], [1, 1, 1])];
  const parts = valuesOf(klPerDimension(q, p) ?? constant(0));
  expect(parts).toHaveLength(3);
  expect(parts.reduce((a, b) => a + b)).toBeCloseTo(valuesOf(kl(q, p))[0], 14);
});

/** ½ N(−1, 1) + ½ N(1, 1) in one dimension: a density without a closed-form divergence. */
const mixture: Distribution = {
  eventRank: 1,
  mean: row([0]),
  logProb: (x) => {
    const [a, b] = [normal([-1], [0]), normal([1], [0])].map((part) => part.logProb(x));
    return a.max(b).add(a.sub(b).abs().neg().exp().log1p()).sub(Math.LN2);
  },
  nll: (x) => mixture.logProb(x).neg(),
  sample: () => mixture.mean,
};

test('without a closed form, one reparameterised draw estimates it', () => {
  const q = normal([0.5], [-0.5]);
  const z = q.rsample();
  expect(kl(q, mixture)).toBe(sampledKl(q, mixture, z));
  const draws = 20_000;
  const terms = valuesOf(sampledKl(q, mixture, q.rsample({ draws })));
  const mean = terms.reduce((a, b) => a + b) / draws;
  // The integral of q (log q − log p) on a fine grid.
  const grid = constant(
    Array.from({ length: 4001 }, (_, i) => -10 + i * 0.005),
    'float32',
    [4001, 1],
  );
  const [logQ, logP] = [valuesOf(q.logProb(grid)), valuesOf(mixture.logProb(grid))];
  const exact = logQ.reduce((sum, value, i) => sum + Math.exp(value) * (value - logP[i]) * 0.005, 0);
  expect(Math.abs(mean - exact)).toBeLessThan(0.02);
});

test('without a closed form and without a reparameterised draw there is none', () => {
  const q = new Bernoulli(row([0]));
  const p = new DiscretisedLogistic({ location: row([0]), logScale: row([0]) });
  expect(() => kl(q, p)).toThrow('kl: no closed form for Bernoulli against DiscretisedLogistic');
});

test('events of different shapes are refused', () => {
  expect(() => kl(normal([1, 2], [0, 0]), DiagonalNormal.standard([1, 1]))).toThrow(
    "kl: shape [1, 2] does not end in the event's shape [1]",
  );
});
