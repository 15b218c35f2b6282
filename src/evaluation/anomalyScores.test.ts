import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { identitySystem } from '../conformance/identitySystem.js';
import { numericTable, optionsOf, pictures, type Toy, toy } from '../conformance/models.js';
import type { ImageSpec } from '../data/index.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { Bernoulli, DiagonalNormal, DiscretisedLogistic, type Distribution } from '../probability/index.js';
import { RandomStream } from '../random/index.js';
import { ae, describeData, type Model, type System } from '../systems/index.js';
import { constant, fill, zeros } from '../tensor/index.js';
import { type AnomalyScore, openScorer, type ScorerRequest } from './anomalyScores.js';
import { pictureComplexity } from './pictureComplexity.js';

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

/** p(x) = N(mean, variance + 1) in each of two columns, out of p(z) = N(mean, variance) and x|z = N(z, 1), with the exact posterior. */
function marginal(mean: number, variance: number): Partial<Model> {
  const share = variance / (variance + 1);
  const normal = (at: ReturnType<typeof fill>, v: number, eventRank?: number) =>
    new DiagonalNormal({ mean: at, logVar: fill(at.shape, Math.log(v)), eventRank });
  return {
    posterior: ({ x }) => normal(x.sub(mean).mul(share).add(mean), share),
    prior: (count) => normal(fill([count, 2], mean), variance),
    likelihood: (z) => normal(z, 1, 1),
  };
}

test('the likelihood ratio is that of both models in closed form, and zero of a model to itself', async () => {
  const engine = engines[0].create();
  const runnerOf = (more: Partial<Model>) =>
    new ModelRunner({ system: identitySystem(2, more), options: {}, data: training.data, engine });
  const rows = [
    [1, 1],
    [0, 0],
    [3, -2],
  ];
  const [model, background] = [runnerOf(marginal(0, 1)), runnerOf(marginal(1, 8))];
  const request = { engine, training: training.source, by: 'likelihoodRatio', draws: 20 } as const;
  const { score } = await openScorer({ ...request, runner: model, background });
  const scores = await score(rowsOf(...rows).source);
  // −log N(x; 0, 2) + log N(x; 1, 9), twice.
  rows.forEach((row, i) => {
    const expected = row.reduce((sum, x) => sum + x ** 2 / 4 - (x - 1) ** 2 / 18 + 0.5 * Math.log(2 / 9), 0);
    expect(scores[i]).toBeCloseTo(expected, 4);
  });
  const same = await openScorer({ ...request, runner: model, background: runnerOf(marginal(0, 1)) });
  expect(Array.from(await same.score(rowsOf(...rows).source))).toEqual([0, 0, 0]);
});

test('a background that is not there, or sees or says something else, is refused', async () => {
  const refused = (background: ModelRunner | undefined, sentence: string) =>
    expect(opened('likelihoodRatio', exact, { background })).rejects.toThrow(sentence);
  const engine = engines[0].create();
  const runnerOf = (columns: number, more: Partial<Model>) =>
    new ModelRunner({
      system: identitySystem(columns, more),
      options: {},
      data: toy(numericTable(columns), new Array(columns).fill(0)).data,
      engine,
    });
  await refused(undefined, 'background: likelihoodRatio takes a second model to compare with; name one');
  await refused(runnerOf(3, exact), 'background: cannot be compared with: it sees samples otherwise');
  await refused(runnerOf(2, {}), 'background: cannot be compared with: identity has no posterior over codes');
  await refused(
    runnerOf(2, { ...exact, likelihood: (z) => new Bernoulli(z, 1) }),
    'background: cannot be compared with: it has a bernoulli likelihood and not a density',
  );
});

/** A scorer of 4 × 4 pictures by a model whose codes say nothing, so that p(x) is its likelihood whatever is drawn. */
function pictureScorer(likelihood: (shape: readonly number[]) => Distribution, { data, source }: Toy) {
  const engine = engines[0].create();
  const system = identitySystem(1, {
    encode: ({ x }) => zeros([x.shape[0], 1]),
    posterior: ({ x }) => DiagonalNormal.standard([x.shape[0], 1]),
    prior: (count) => DiagonalNormal.standard([count, 1]),
    likelihood: (z) => likelihood([...z.shape.slice(0, -1), 4, 4, 1]),
  });
  const runner = new ModelRunner({ system, options: {}, data, engine });
  return openScorer({ runner, engine, training: source, by: 'complexityCorrected', draws: 2 });
}

const small = pictures(4, 4, 1) as ImageSpec;
const coins = (shape: readonly number[]) => new Bernoulli(zeros(shape), 3);
const [white, checks] = [
  new Array<number>(16).fill(255),
  Array.from({ length: 16 }, (_, i) => 255 * ((i * 7) % 2)),
];

test('the corrected score is −log₂ p(x) less the length of the picture’s code', async () => {
  const samples = toy(small, [...white, ...checks]);
  const scores = await (await pictureScorer(coins, samples)).score(samples.source);
  const bits = pictureComplexity(small, Uint8Array.of(...white, ...checks));
  // Sixteen fair coins take sixteen bits.
  scores.forEach((score, i) => {
    expect(score).toBeCloseTo(16 - bits[i], 4);
  });
  expect(scores[0]).toBeGreaterThan(scores[1]);
});

test('the corrected score is of pictures as binarised runs see them, and of levels where a likelihood has them', async () => {
  const grey = Array.from({ length: 16 }, (_, i) => (i < 8 ? 100 : 140));
  const { source, data } = toy(small, grey);
  const seen = { source, data: describeData(small, { size: 1, binarise: 'threshold' }) } as Toy;
  const [ofSeen] = await (await pictureScorer(coins, seen)).score(source);
  const blackAndWhite = Uint8Array.from(grey, (level) => (level > 127 ? 255 : 0));
  expect(ofSeen).toBeCloseTo(16 - pictureComplexity(small, blackAndWhite)[0], 4);

  // On [−1, 1] a level is 2/255 wide and the density 1/(4s) in the middle of a logistic distribution; s is 1.
  const wide = (shape: readonly number[]) =>
    new DiscretisedLogistic({ location: zeros(shape), logScale: zeros([1]), eventRank: 3 });
  const middle = toy(small, new Array(16).fill(127));
  const [ofLevels] = await (await pictureScorer(wide, { ...middle, data })).score(middle.source);
  const bits = pictureComplexity(small, new Uint8Array(16).fill(127))[0];
  expect(ofLevels).toBeCloseTo(16 * -Math.log2(2 / 255 / 4) - bits, 1);
});

test('what is no likelihood of levels has no corrected score, and the sentence says why', async () => {
  const grey = toy(small, new Array(16).fill(90));
  const { score } = await pictureScorer(coins, grey);
  await expect(score(grey.source)).rejects.toThrow(
    'by: complexityCorrected cannot be had: the Bernoulli likelihood of grey levels is no likelihood of them',
  );
  const density = (shape: readonly number[]) =>
    new DiagonalNormal({ mean: zeros(shape), logVar: zeros(shape), eventRank: 3 });
  await expect(pictureScorer(density, grey)).rejects.toThrow(
    'by: complexityCorrected cannot be had: its likelihood is a density, not one of levels',
  );
  await expect(opened('complexityCorrected', exact)).rejects.toThrow(
    'by: complexityCorrected cannot be had: tables are no pictures to compress; take one of reconstruction',
  );
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
