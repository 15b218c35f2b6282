import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, type Tensor, Variable } from '../tensor/index.js';
import { DiagonalNormal } from './index.js';

const valuesOf = (y: Tensor, seed = 0) => Array.from(evaluate([y], { seed })[0]);
const row = (...values: number[]) => constant(values, 'float32', [1, values.length]);

test('log N(x; m, eˢ) is the formula, summed over the event', () => {
  const q = new DiagonalNormal({ mean: row(1, -2), logVar: row(0.5, -1) });
  const [m, s, x] = [
    [1, -2],
    [0.5, -1],
    [0.3, 0.4],
  ];
  const expected = [0, 1].reduce(
    (sum, j) => sum - 0.5 * (Math.log(2 * Math.PI) + s[j] + (x[j] - m[j]) ** 2 * Math.exp(-s[j])),
    0,
  );
  expect(valuesOf(q.logProb(row(...x)))[0]).toBeCloseTo(expected, 14);
  expect(valuesOf(q.nll(row(...x)))[0]).toBeCloseTo(-expected, 14);
});

test('the density integrates to 1, and −log p to the entropy', () => {
  const [from, width, count] = [-30, 0.01, 6001];
  const x = constant(
    Array.from({ length: count }, (_, i) => from + i * width),
    'float32',
    [count, 1],
  );
  for (const logVar of [-2, 0, 2.5]) {
    const q = new DiagonalNormal({ mean: row(0.7), logVar: row(logVar) });
    const logProbs = valuesOf(q.logProb(x));
    const integral = (f: (logProb: number) => number) =>
      logProbs.reduce((sum, logProb) => sum + f(logProb) * width, 0);
    expect(integral(Math.exp)).toBeCloseTo(1, 9);
    expect(valuesOf(q.entropy())[0]).toBeCloseTo(
      integral((logProb) => -logProb * Math.exp(logProb)),
      8,
    );
  }
});

test('one log-variance for all coordinates counts once for each', () => {
  const mean = constant([1, 2, 3, 4, 5, 6], 'float32', [2, 3]);
  const shared = new DiagonalNormal({ mean, logVar: constant(-1) });
  const each = new DiagonalNormal({ mean, logVar: constant(-1).broadcastTo([2, 3]) });
  const x = constant(0.5).broadcastTo([2, 3]);
  for (const f of [(q: DiagonalNormal) => q.nll(x), (q: DiagonalNormal) => q.entropy()]) {
    expect(f(shared).shape).toEqual([2]);
    expect(valuesOf(f(shared))).toEqual(valuesOf(f(each)));
  }
});

test('draws have the mean and the variance of the distribution, along a leading axis', () => {
  const draws = 40_000;
  const q = new DiagonalNormal({ mean: row(3, -1), logVar: row(Math.log(4), Math.log(0.25)) });
  const z = q.rsample({ draws });
  expect(z.shape).toEqual([draws, 1, 2]);
  const values = valuesOf(z);
  for (const [j, [mean, variance]] of [
    [3, 4],
    [-1, 0.25],
  ].entries()) {
    const own = values.filter((_, i) => i % 2 === j);
    const average = own.reduce((a, b) => a + b) / draws;
    const spread = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / draws;
    expect(Math.abs(average - mean)).toBeLessThan(4 * Math.sqrt(variance / draws));
    expect(Math.abs(spread / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
  }
});

test('the gradient of rsample reaches the parameters, that of sample does not', () => {
  const [mean, logVar] = [new Variable('m', [1, 2], () => []), new Variable('s', [1, 2], () => [])];
  const q = new DiagonalNormal({ mean, logVar });
  const values = { m: Float64Array.of(1, 2), s: Float64Array.of(0.5, -1) };
  const [gm, gs, z] = evaluate([...grad(q.rsample().sum(), [mean, logVar]), q.rsample()], { values });
  expect([...gm]).toEqual([1, 1]);
  // ∂z/∂s = ½ e^(s/2) ε = ½ (z − m)
  gs.forEach((g, i) => {
    expect(g).toBeCloseTo(0.5 * (z[i] - values.m[i]), 14);
  });
  const stopped = evaluate(grad(q.sample().sum(), [mean, logVar]), { values });
  expect(stopped.flatMap((g) => [...g])).toEqual([0, 0, 0, 0]);
});

test('draws from one stream are one draw, from two streams two', () => {
  const q = DiagonalNormal.standard([1, 4]);
  expect(q.rsample()).toBe(q.rsample());
  expect(valuesOf(q.rsample({ stream: 'other' }))).not.toEqual(valuesOf(q.rsample()));
  expect(valuesOf(q.rsample(), 1)).not.toEqual(valuesOf(q.rsample(), 2));
});

test('x may have draws in front or fewer samples, but no other event', () => {
  const q = DiagonalNormal.standard([5, 2]);
  expect(q.logProb(input('draws', [7, 5, 2])).shape).toEqual([7, 5]);
  expect(q.logProb(input('one', [1, 2])).shape).toEqual([5]);
  expect(() => q.logProb(input('column', [5, 1]))).toThrow(
    "DiagonalNormal: shape [5, 1] does not end in the event's shape [2]",
  );
});

test('an event of several axes is summed over all of them', () => {
  const q = new DiagonalNormal({ mean: input('m', [3, 4, 4, 2]), logVar: constant(0), eventRank: 3 });
  expect(q.logProb(input('x', [3, 4, 4, 2])).shape).toEqual([3]);
});
