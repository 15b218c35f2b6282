import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { identitySystem } from '../conformance/identitySystem.js';
import { numericTable, toy } from '../conformance/models.js';
import { drawsOf } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { kMeans, nearestCentres } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import type { Model } from '../systems/index.js';
import { bestCentres, clusterMetrics } from './clusters.js';

const CENTRES = [
  [0, 0],
  [8, 0],
  [0, 8],
];
/** Sample n belongs to group n % 3. */
const blobs = (name: string, count: number) =>
  new RandomStream(1, name)
    .normal(new Float32Array(2 * count))
    .map((epsilon, i) => CENTRES[Math.floor(i / 2) % 3][i % 2] + epsilon);

interface Given {
  readonly labelOf?: (n: number) => number;
  readonly more?: Partial<Model>;
  readonly clusters?: number;
  readonly classes?: boolean;
}

/** Metrics of codes in three groups that lie apart, by name. */
async function measured({ labelOf = (n) => [2, 0, 1][n % 3], more, clusters, classes = true }: Given = {}) {
  const of = (name: string, count: number) =>
    toy(
      numericTable(2),
      blobs(name, count),
      classes ? Array.from({ length: count }, (_, n) => labelOf(n)) : undefined,
    );
  const [held, training] = [of('held', 240), of('training', 300)];
  const engine = engines[0].create();
  const runner = new ModelRunner({ system: identitySystem(2, more), options: {}, data: held.data, engine });
  const request = { runner, engine, source: held.source, training: training.source, clusters };
  const metrics = await clusterMetrics(request);
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
}

test('groups of codes that lie apart are found without a class, whatever the classes are called', async () => {
  const { clusterAccuracy, clusterNmi, clusterAri } = await measured();
  expect(clusterAccuracy).toMatchObject({
    value: 1,
    n: 240,
    standardError: 0,
    options: { clusters: 3, fittedOn: 300, restarts: 20, resamples: 200 },
  });
  expect(clusterNmi.value).toBeCloseTo(1, 12);
  expect(clusterAri.value).toBeCloseTo(1, 12);
});

test('classes that have nothing to do with codes are not found', async () => {
  const u = new RandomStream(2, 'classes').uniform(new Float32Array(300));
  const { clusterAccuracy, clusterAri } = await measured({ labelOf: (n) => Math.floor(3 * u[n]) });
  expect(clusterAccuracy.value).toBeLessThan(0.45);
  expect(Math.abs(clusterAri.value ?? 1)).toBeLessThan(4 * (clusterAri.standardError ?? 0));
  // About √(p (1 − p) / n); less, as the matching is chosen anew for each resample.
  expect(clusterAccuracy.standardError).toBeGreaterThan(0.01);
  expect(clusterAccuracy.standardError).toBeLessThan(0.04);
});

test('the number of clusters can be another than that of classes', async () => {
  const { clusterAccuracy, clusterNmi } = await measured({ clusters: 2 });
  // Two of three groups are together, and one of these has no cluster left.
  expect(clusterAccuracy).toMatchObject({ value: expect.closeTo(2 / 3, 6), options: { clusters: 2 } });
  expect(clusterNmi.value).toBeLessThan(0.9);
});

test('clusters that the model finds itself are taken as they are', async () => {
  // The larger coordinate: the first group is torn between them.
  const { clusterAccuracy } = await measured({
    more: { classifier: { of: 'clusters', logits: ({ x }) => x } },
  });
  expect(clusterAccuracy.estimator).toMatch(/likeliest category of the code$/);
  expect(clusterAccuracy.value).toBeGreaterThanOrEqual(2 / 3);
  expect(clusterAccuracy.value).toBeLessThan(0.95);
});

test('each categorical variable of a code has numbers of its own; maps of many indices are not clusters', async () => {
  const maps = [
    { name: 'side', shape: [], size: 2 },
    { name: 'places', shape: [2], size: 2 },
    { name: 'top', shape: [1], size: 2 },
  ];
  const metrics = await measured({
    more: {
      discrete: {
        maps,
        indices: ({ x }) => [
          x.sliceAlong(1, 0, 1).flatten().greater(4).cast('int32'),
          x.greater(4).cast('int32'),
          x.sliceAlong(1, 1, 2).greater(4).cast('int32'),
        ],
        lookup: ([indices]) => indices,
      },
    },
  });
  expect(Object.keys(metrics)).toEqual(
    ['side', 'top'].flatMap((map) => ['Accuracy', 'Nmi', 'Ari'].map((name) => `cluster${name}.${map}`)),
  );
  expect(metrics['clusterAccuracy.side'].value).toBeCloseTo(2 / 3, 6);
});

test('samples of unknown class do not count', async () => {
  const { clusterAccuracy } = await measured({ labelOf: (n) => (n < 90 ? [2, 0, 1][n % 3] : -1) });
  expect(clusterAccuracy).toMatchObject({ value: 1, n: 90, options: { fittedOn: 90 } });
});

test('what cannot be held against classes is said in words', async () => {
  const reasonOf = async (given: Given) => (await measured(given)).clusterAccuracy.reason;
  expect(await reasonOf({ classes: false })).toBe('the samples have no classes');
  expect(await reasonOf({ clusters: 300 })).toBe(
    'there are 300 training samples of known class for 300 clusters',
  );
});

test('of several starts the one of least inertia is kept', () => {
  const vectors = new RandomStream(3, 'vectors').normal(new Float32Array(400));
  const options = { dimension: 2, clusters: 9, seed: 5 };
  const { centres, inertia } = bestCentres(vectors, options);
  const inertiaOf = (rows: Float32Array) =>
    nearestCentres(vectors, rows, 2).distances.reduce((sum, each) => sum + each, 0);
  expect(inertia).toBe(inertiaOf(centres));
  const draws = drawsOf(5, 'k-means restarts');
  const all = Array.from({ length: 20 }, () =>
    inertiaOf(kMeans(vectors, { dimension: 2, clusters: 9, draws, iterations: 300, candidates: 4 })),
  );
  expect(inertia).toBe(Math.min(...all));
  expect(new Set(all).size).toBeGreaterThan(1);
});
