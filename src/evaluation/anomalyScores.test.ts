import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { identitySystem } from '../conformance/identitySystem.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { RandomStream } from '../random/index.js';
import { ae, type Model, type System } from '../systems/index.js';
import { constant, fill, zeros } from '../tensor/index.js';
import { type AnomalyScore, openScorer, type ScorerRequest } from './anomalyScores.js';

/** Rows x = (2a + 5, a + b) of standard normal a and b: covariance [[4, 2], [2, 2]]. */
const training = toy(
  numericTable(2),
  (() => {
    const noise = new RandomStream(1, 'training').normal(new Float32Array(8000));
    return noise.map((value, i) => (i % 2 === 0 ? 2 * value + 5 : noise[i - 1] + value));
  })(),
);
const rowsOf = (...rows: number[][]) => toy(numericTable(2), rows.flat());

function opened(by: AnomalyScore, more: Partial<Model> = {}, request: Partial<ScorerRequest> = {}) {
  const engine = engines[0].create();
  const runner = new ModelRunner({
    system: identitySystem(2, more),
    options: {},
    data: training.data,
    engine,
  });
  return openScorer({ runner, engine, training: training.source, by, ...request });
}

test('reconstruction is the squared distance to what is decoded', async () => {
  const { score } = await opened('reconstruction', { decode: (code) => code.mul(constant([1, 0.5])) });
  expect(Array.from(await score(rowsOf([3, 4], [1, 0], [0, -2]).source))).toEqual([4, 0, 1]);
});

test('Mahalanobis distance is that of the covariance of training codes', async () => {
  const { score } = await opened('mahalanobis');
  const scores = await score(rowsOf([5, 0], [7, 1], [5, 1], [9, 0]).source);
  // (z − m)ᵀ [[½, −½], [−½, 1]] (z − m); moments of 4000 rows are known to some per cent.
  [0, Math.sqrt(1), Math.sqrt(1), Math.sqrt(8)].forEach((expected, i) => {
    expect(Math.abs(scores[i] - expected)).toBeLessThan(0.05 * expected + 0.05);
  });
});

test('coordinates of codes that never varied make a sample that does very anomalous, and no NaN', async () => {
  const flat = toy(
    numericTable(2),
    training.samples.x.map((value, i) => (i % 2 === 0 ? value : 3)),
  );
  const { score } = await opened('mahalanobis', {}, { training: flat.source });
  const [same, other] = await score(rowsOf([5, 3], [5, 4]).source);
  expect(same).toBeLessThan(1);
  expect(other).toBeGreaterThan(100);
});

test('k-NN is the distance to the kth nearest training code', async () => {
  const few = rowsOf([0, 0], [1, 0], [2, 0], [0, 10]);
  const scoresWith = async (neighbours: number) => {
    const { score } = await opened('knn', {}, { training: few.source, neighbours });
    return Array.from(await score(rowsOf([0, 0], [5, 4]).source));
  };
  expect(await scoresWith(1)).toEqual([0, 5]);
  expect(await scoresWith(3)).toEqual([2, Math.sqrt(41)]);
  await expect(scoresWith(5)).rejects.toThrow(
    'neighbours: 5 are more than the 4 training samples; take fewer',
  );
});

/** p(z) = N(0, 1), x|z = N(z, 1), q(z|x) = N(x/2, ½), the posterior itself, in each of two columns. */
const exact: Partial<Model> = {
  encode: ({ x }) => x.mul(0.5),
  posterior: ({ x }) => new DiagonalNormal({ mean: x.mul(0.5), logVar: fill(x.shape, Math.log(0.5)) }),
  prior: (count) => new DiagonalNormal({ mean: zeros([count, 2]), logVar: zeros([count, 2]) }),
  likelihood: (z) => new DiagonalNormal({ mean: z, logVar: zeros(z.shape), eventRank: 1 }),
};

test('with the exact posterior −log p(x) is what it is in closed form, and its bound the same', async () => {
  const samples = rowsOf([1, 1], [0, 0], [3, -2]).source;
  // x ~ N(0, 2).
  const nll = ([a, b]: number[]) => Math.log(4 * Math.PI) + (a * a + b * b) / 4;
  const expected = [
    [1, 1],
    [0, 0],
    [3, -2],
  ].map(nll);
  const importance = await (await opened('nll', exact, { draws: 20 })).score(samples);
  const kls = await (await opened('kl', exact)).score(samples);
  expected.forEach((value, i) => {
    expect(importance[i]).toBeCloseTo(value, 4);
  });
  // ½ Σ (v + m² − 1 − ln v) with v = ½, m = x/2.
  const kl = ([a, b]: number[]) => (a * a + b * b) / 8 + 2 * 0.5 * (0.5 - 1 + Math.LN2);
  [
    [1, 1],
    [0, 0],
    [3, -2],
  ]
    .map(kl)
    .forEach((value, i) => {
      expect(kls[i]).toBeCloseTo(value, 5);
    });
  const bounds = await (await opened('negativeElbo', exact)).score(samples);
  // E_q[−log p(x|z)] has (x − z)²/2 with z − x/2 of variance ½: a deviation of 1 or so, over ten draws.
  expected.forEach((value, i) => {
    expect(Math.abs(bounds[i] - value)).toBeLessThan(1.5);
  });
});

test('what gives no number is infinitely anomalous', async () => {
  const rows = rowsOf([5, 0], [Number.NaN, 0]).source;
  for (const by of ['reconstruction', 'knn', 'mahalanobis'] as const) {
    const [known, unknown] = await (await opened(by)).score(rows);
    expect(known, by).toBeLessThan(1);
    expect(unknown, by).toBe(Infinity);
  }
});

test('a score that a system has not got is refused with the reason and what there is', async () => {
  const engine = engines[0].create();
  const options = optionsOf(ae as System, { architecture: 'mlp', hidden: [3], latent: 1 });
  const runner = new ModelRunner({ system: ae, options, data: training.data, engine });
  await engine.variables.write(initialValues(runner.table.variables.values(), 0));
  await expect(openScorer({ runner, engine, training: training.source, by: 'nll' })).rejects.toThrow(
    'by: nll cannot be had: ae has no posterior over codes; take one of reconstruction, mahalanobis, knn',
  );
});
