import fc from 'fast-check';
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { compute, valuesOn } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { VariableTable } from '../nn/index.js';
import { grad, input } from '../tensor/index.js';
import { ordinalLogShares } from './ordinal.js';

function sharesOf(levels: number) {
  const table = new VariableTable();
  const eta = input('eta', [1, 1]);
  const logShares = ordinalLogShares(levels, table.scope({ training: true }))(eta);
  const weights = [...table.variables.values()];
  return { eta, logShares, weights, initial: Object.fromEntries(initialValues(weights, 0)) };
}

test('the shares of all levels sum to 1, whatever η and the thresholds', () => {
  const number = fc.double({ min: -20, max: 20, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 9 }),
      number,
      fc.array(number, { minLength: 8, maxLength: 8 }),
      (levels, at, w) => {
        const { logShares } = sharesOf(levels);
        const values = {
          eta: Float64Array.of(at),
          threshold: Float64Array.of(w[7]),
          gaps: Float64Array.from(w.slice(0, levels - 2)),
        };
        const shares = Array.from(compute([logShares], { values })[0], Math.exp);
        expect(shares.length).toBe(levels);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      },
    ),
  );
});

test('the share of the levels up to j is S(t_j − η), with thresholds a unit apart around 0 at first', () => {
  const { logShares, initial } = sharesOf(4);
  const shares = Array.from(
    compute([logShares], { values: { ...initial, eta: Float64Array.of(0.3) } })[0],
    Math.exp,
  );
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const thresholds = [-1, 0, 1];
  thresholds.forEach((t, j) => {
    const upToHere = shares.slice(0, j + 1).reduce((sum, share) => sum + share, 0);
    expect(upToHere).toBeCloseTo(sigmoid(t - 0.3), 5);
  });
});

test('the expected level rises with η', () => {
  const { logShares, initial } = sharesOf(5);
  const expected = [-6, -2, 0, 1, 7].map((at) => {
    const shares = compute([logShares], { values: { ...initial, eta: Float64Array.of(at) } })[0];
    return Array.from(shares, Math.exp).reduce((sum, share, level) => sum + share * level, 0);
  });
  expect(expected).toEqual([...expected].sort((a, b) => a - b));
});

test('a prediction that is far off still has a finite value and a gradient that pulls it back', async () => {
  for (const { create } of engines) {
    const { eta, logShares, weights } = sharesOf(4);
    for (const [at, level] of [
      [60, 0],
      [60, 1],
      [-60, 3],
      [-60, 2],
    ]) {
      const nll = logShares
        .sliceAlong(1, level, level + 1)
        .sum()
        .neg();
      const [g, ...others] = grad(nll, [eta, ...weights]);
      const outputs = { nll, g, first: others[0], gaps: others[1] };
      const values = await valuesOn(create(), outputs, { feeds: { eta: Float32Array.of(at) } });
      expect(values.nll[0]).toBeCloseTo(60, -1);
      expect(values.g[0]).toBeCloseTo(Math.sign(at), 5);
      for (const list of Object.values(values))
        for (const value of list) expect(Number.isFinite(value)).toBe(true);
    }
  }
});

test('two levels have one threshold, and one level is certain', () => {
  const two = sharesOf(2);
  expect(two.weights.map(({ name }) => name)).toEqual(['threshold']);
  const [shares] = compute([two.logShares], { values: { ...two.initial, eta: Float64Array.of(0) } });
  expect(Array.from(shares, Math.exp)).toEqual([0.5, 0.5].map((share) => expect.closeTo(share, 12)));
  const one = sharesOf(1);
  expect(compute([one.logShares], { values: { eta: Float64Array.of(3) } })[0]).toEqual([0]);
});

test('a level that no sample has keeps a finite log-probability', () => {
  const { logShares } = sharesOf(4);
  const values = { eta: Float64Array.of(0), threshold: Float64Array.of(-1), gaps: Float64Array.of(-500, 1) };
  for (const value of compute([logShares], { values })[0]) expect(Number.isFinite(value)).toBe(true);
});
