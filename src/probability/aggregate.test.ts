import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, fill, grad, input, type Tensor } from '../tensor/index.js';
import {
  type AggregateOptions,
  aggregateEstimators,
  aggregateLogDensity,
  DiagonalNormal,
  decompose,
  type KlParts,
  logWeightsOf,
  pairwiseLogDensity,
} from './index.js';

const valuesOf = (...roots: Tensor[]) => evaluate(roots).map((list) => Array.from(list));
const matrix = (rows: readonly (readonly number[])[]) =>
  constant(Float64Array.from(rows.flat()), 'float32', [rows.length, rows[0].length]);
const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
const normal = (means: number[][], variances: number[][]) =>
  new DiagonalNormal({ mean: matrix(means), logVar: matrix(variances.map((row) => row.map(Math.log))) });
const standard = (z: Tensor) => DiagonalNormal.standard(z.shape);

/** Three posteriors in two dimensions and a code of each. */
const q = normal(
  [
    [0, 0],
    [1, -1],
    [0.5, 2],
  ],
  [
    [1, 0.25],
    [0.5, 1],
    [2, 0.5],
  ],
);
const codes = [
  [0.1, -0.2],
  [0.9, -0.8],
  [0.3, 1.5],
];
const z = matrix(codes);

/** Deterministic numbers of either sign. */
const numbers = (rows: number, width: number, shift = 0) =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: width }, (_, j) => Math.sin(1 + shift + 7 * i + 3 * j)),
  );
const many = {
  q: normal(
    numbers(6, 4),
    numbers(6, 4, 2).map((row) => row.map((v) => Math.exp(v))),
  ),
  z: matrix(numbers(6, 4, 0.3)),
};

function meansOf(
  given: Tensor,
  posterior: DiagonalNormal,
  options: AggregateOptions,
): Record<keyof KlParts, number> {
  const { mutualInformation, totalCorrelation, withinGroups, dimensionWiseKl } = decompose(
    given,
    posterior,
    standard(given),
    options,
  );
  const lists = valuesOf(mutualInformation, totalCorrelation, withinGroups, dimensionWiseKl);
  const [mi, tc, within, dw] = lists.map(mean);
  return { mutualInformation: mi, totalCorrelation: tc, withinGroups: within, dimensionWiseKl: dw };
}

test('log q(z_i | x_j) by coordinate is the density of code i under posterior j', () => {
  const [pairs] = valuesOf(pairwiseLogDensity(z, q));
  const [m, v] = [0.5, 2];
  // Code 1 under posterior 2, first coordinate.
  expect(pairs[(1 * 3 + 2) * 2]).toBeCloseTo(-0.5 * (Math.log(2 * Math.PI * v) + (0.9 - m) ** 2 / v), 13);
  const [own] = valuesOf(q.logProb(z));
  for (let i = 0; i < 3; i++)
    expect(pairs[(i * 3 + i) * 2] + pairs[(i * 3 + i) * 2 + 1]).toBeCloseTo(own[i], 13);
});

test('three samples of ten: the parts are those worked out by hand', () => {
  const mss = meansOf(z, q, { estimator: 'mss', size: 10 });
  expect(mss.mutualInformation).toBeCloseTo(1.6848307, 7);
  expect(mss.totalCorrelation).toBeCloseTo(0.0250202, 7);
  expect(mss.dimensionWiseKl).toBeCloseTo(-0.8482773, 7);
  const mws = meansOf(z, q, { estimator: 'mws', size: 10 });
  expect(mws.mutualInformation).toBeCloseTo(3.2215557, 7);
  expect(mws.totalCorrelation).toBeCloseTo(2.3678154, 7);
  expect(mws.dimensionWiseKl).toBeCloseTo(-4.7277975, 7);
  for (const parts of [mss, mws]) expect(sum(Object.values(parts))).toBeCloseTo(0.8615736, 7);
});

test('with every estimator and grouping the parts add up to log q(z|x) − log p(z), sample by sample', () => {
  const [whole] = valuesOf(many.q.logProb(many.z).sub(standard(many.z).logProb(many.z)));
  for (const estimator of aggregateEstimators) {
    for (const groups of [undefined, [1, 1, 1, 1], [4], [2, 2], [1, 3]]) {
      const parts = valuesOf(
        ...Object.values(decompose(many.z, many.q, standard(many.z), { estimator, size: 20, groups })),
      );
      whole.forEach((value, b) => {
        expect(Math.abs(sum(parts.map((list) => list[b])) - value)).toBeLessThan(1e-12);
      });
    }
  }
});

test('weights: rows sum to 1, or to 1/N with mws; the own sample weighs 1/N', () => {
  for (const [batch, size] of [
    [2, 2],
    [2, 9],
    [3, 10],
    [7, 7],
    [7, 1000],
  ]) {
    for (const estimator of aggregateEstimators) {
      const [weights] = valuesOf(logWeightsOf(estimator, batch, size).exp());
      for (let i = 0; i < batch; i++) {
        const row = weights.slice(i * batch, (i + 1) * batch);
        expect(sum(row)).toBeCloseTo(estimator === 'mws' ? 1 / size : 1, 12);
        if (estimator !== 'mws') expect(row[i]).toBeCloseTo(1 / size, 14);
      }
    }
  }
});

test('a batch of one weighs 1 and has nothing to tell apart', () => {
  for (const estimator of aggregateEstimators) {
    expect(valuesOf(logWeightsOf(estimator, 1, 50))).toEqual([[0]]);
    const one = normal([[0.3, -1]], [[0.5, 2]]);
    const parts = meansOf(matrix([[0.2, 0.1]]), one, { estimator, size: 50 });
    expect(parts.mutualInformation).toBeCloseTo(0, 14);
    expect(parts.totalCorrelation).toBeCloseTo(0, 14);
  }
});

test('with mss a batch of all samples gives the exact mixture, with mws it is log N lower', () => {
  const pairs = pairwiseLogDensity(z, q).sum(-1, { keepDims: true });
  const [exact] = valuesOf(aggregateLogDensity(pairs, fill([3, 3], -Math.log(3))));
  const [mss] = valuesOf(aggregateLogDensity(pairs, logWeightsOf('mss', 3, 3)));
  const [mws] = valuesOf(aggregateLogDensity(pairs, logWeightsOf('mws', 3, 3)));
  exact.forEach((value, i) => {
    expect(mss[i]).toBeCloseTo(value, 13);
    expect(mws[i]).toBeCloseTo(value - Math.log(3), 13);
  });
});

test('mss and mssPaper estimate q(z) without bias: their mean over all batches is exact', () => {
  const size = 5;
  const [means, variances] = [
    numbers(size, 2),
    numbers(size, 2, 5).map((row) => row.map((v) => Math.exp(v))),
  ];
  const code = [[0.4, -0.3]];
  const density = (estimator: 'mss' | 'mssPaper', members: readonly number[]) => {
    const of = (table: number[][]) => members.map((n) => table[n]);
    const batch = normal(of(means), of(variances));
    const pairs = pairwiseLogDensity(matrix(members.map(() => code[0])), batch).sum(-1, { keepDims: true });
    const [estimates] = valuesOf(aggregateLogDensity(pairs, logWeightsOf(estimator, members.length, size)));
    return Math.exp(estimates[0]);
  };
  const all = normal(means, variances);
  const everywhere = pairwiseLogDensity(matrix(code), all).sum(-1, { keepDims: true });
  const [[exact]] = valuesOf(aggregateLogDensity(everywhere, fill([1, size], -Math.log(size))));
  for (const estimator of ['mss', 'mssPaper'] as const) {
    const estimates: number[] = [];
    // The own sample is 0; all ordered pairs of two others complete its batch.
    for (let a = 1; a < size; a++)
      for (let b = 1; b < size; b++) if (a !== b) estimates.push(density(estimator, [0, a, b]));
    expect(mean(estimates)).toBeCloseTo(Math.exp(exact), 14);
  }
});

test('two clusters: the integrals of the parts are 0.6865358, 0.5789046 and 0.3708540', () => {
  const clusters = normal(
    [
      [1, 1],
      [-1, -1],
    ],
    [
      [0.25, 0.25],
      [0.25, 0.25],
    ],
  );
  // By symmetry one cluster stands for both. The trapezium rule is exact to rounding where a density ends in zeros.
  const step = 0.05;
  const axis = Array.from({ length: 161 }, (_, i) => -3 + i * step);
  const grid = matrix(axis.flatMap((a) => axis.map((b) => [a, b])));
  const pairs = pairwiseLogDensity(grid, clusters);
  const half = fill([axis.length ** 2, 2], -Math.LN2);
  const joint = aggregateLogDensity(pairs.sum(-1, { keepDims: true }), half).sum(-1);
  const marginals = aggregateLogDensity(pairs, half).sum(-1);
  const own = pairs.sum(-1).sliceAlong(1, 0, 1).sum(-1);
  const weight = own.exp().mul(step ** 2);
  const integrals = valuesOf(
    own.sub(joint).mul(weight).sum(),
    joint.sub(marginals).mul(weight).sum(),
    marginals.sub(standard(grid).logProb(grid)).mul(weight).sum(),
  ).flat();
  [0.6865358, 0.5789046, 0.370854].forEach((golden, i) => {
    expect(integrals[i]).toBeCloseTo(golden, 6);
  });
});

test('one coordinate has no total correlation', () => {
  const one = normal([[0.1], [2], [-1]], [[1], [0.3], [2]]);
  const { totalCorrelation } = decompose(matrix([[0], [1], [2]]), one, DiagonalNormal.standard([3, 1]), {
    estimator: 'mss',
    size: 10,
  });
  for (const value of valuesOf(totalCorrelation)[0]) expect(Math.abs(value)).toBeLessThan(1e-14);
});

test('one group has all correlation within it, groups of one all of it between them', () => {
  const options = { estimator: 'mss', size: 20 } as const;
  const plain = meansOf(many.z, many.q, options);
  const single = meansOf(many.z, many.q, { ...options, groups: [1, 1, 1, 1] });
  const whole = meansOf(many.z, many.q, { ...options, groups: [4] });
  expect(plain.withinGroups).toBe(0);
  expect(single.totalCorrelation).toBeCloseTo(plain.totalCorrelation, 12);
  expect(single.withinGroups).toBeCloseTo(0, 12);
  expect(whole.totalCorrelation).toBeCloseTo(0, 12);
  expect(whole.withinGroups).toBeCloseTo(plain.totalCorrelation, 12);
});

test('independent groups with correlated coordinates: nothing between the groups, something within each', () => {
  // Four posteriors, one for each pair of signs (a, b): means (a, a, b, b), so a and b are independent over the data.
  const signs = [
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ];
  const means = signs.map(([a, b]) => [a, a, b, b]);
  const copies = 40;
  const all = Array.from({ length: copies }, () => means).flat();
  const posterior = normal(
    all,
    all.map((row) => row.map(() => 0.04)),
  );
  const draw = posterior.sample();
  const { totalCorrelation, withinGroups } = meansOf(draw, posterior, {
    estimator: 'mss',
    size: all.length,
    groups: [2, 2],
  });
  // Exact at B = N, and the clusters hardly overlap: each group's two coordinates share its one sign.
  expect(Math.abs(totalCorrelation)).toBeLessThan(1e-3);
  expect(withinGroups).toBeCloseTo(2 * Math.LN2, 2);
});

test('the bias of mws: its total correlation is (d − 1) log N above the exact one when all samples are there', () => {
  const exact = meansOf(many.z, many.q, { estimator: 'mss', size: 6 });
  const mws = meansOf(many.z, many.q, { estimator: 'mws', size: 6 });
  expect(mws.totalCorrelation - exact.totalCorrelation).toBeCloseTo(3 * Math.log(6), 12);
  expect(mws.mutualInformation - exact.mutualInformation).toBeCloseTo(Math.log(6), 12);
});

test('gradients reach the parameters of every sample, as central differences have them', () => {
  const shape = [3, 2];
  const parameters = { mean: input('mean', shape), logVar: input('logVar', shape) };
  const posterior = new DiagonalNormal(parameters);
  const noise = matrix(codes);
  const drawn = parameters.mean.add(posterior.deviation.mul(noise));
  const parts = decompose(drawn, posterior, standard(drawn), { estimator: 'mss', size: 10, groups: [1, 1] });
  // The first code's part alone depends on all three posteriors.
  const first = parts.mutualInformation
    .add(parts.totalCorrelation.mul(3))
    .add(parts.dimensionWiseKl.mul(0.5))
    .sliceAlong(0, 0, 1)
    .sum();
  const values = {
    mean: Float64Array.from(numbers(3, 2).flat()),
    logVar: Float64Array.from(numbers(3, 2, 4).flat()),
  };
  const at = (given: typeof values) => evaluate([first], { values: given })[0][0];
  const h = 1e-5;
  for (const name of ['mean', 'logVar'] as const) {
    const [gradient] = evaluate(grad(first, [parameters[name]]), { values });
    gradient.forEach((value, k) => {
      const moved = (by: number) =>
        at({ ...values, [name]: values[name].map((v, i) => (i === k ? v + by : v)) });
      expect(value).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 8);
      expect(value).not.toBe(0);
    });
  }
});

test('far apart codes keep finite parts: nothing is exponentiated before its maximum is taken out', () => {
  const far = normal(
    [
      [-1e4, 0],
      [1e4, 0],
    ],
    [
      [1e-8, 1],
      [1e-8, 1],
    ],
  );
  const parts = meansOf(far.mean, far, { estimator: 'mss', size: 10 });
  for (const value of Object.values(parts)) expect(Number.isFinite(value)).toBe(true);
  // Each code can only be its own sample's.
  expect(parts.mutualInformation).toBeCloseTo(Math.log(10), 10);
});

test('a batch beyond the data, and groups that are not the coordinates, are refused', () => {
  expect(() => logWeightsOf('mss', 11, 10)).toThrow('logWeightsOf: a batch of 11 is no part of 10 samples');
  expect(() => decompose(z, q, standard(z), { estimator: 'mss', size: 10, groups: [3] })).toThrow(
    'split: parts of [3] add up to 3, but axis 2 of [3, 3, 2] has 2',
  );
});
