/**
 * Whether codes fall into groups that are the classes which nobody told: clusters by k-means of codes, or those that the
 * model finds itself, held against classes.
 *
 * On the 1797 handwritten digits that scikit-learn brings along, 64 standardised columns, ten clusters and ten starts: inertia
 * 69423 … 69482, NMI 0.623 … 0.633, ARI 0.465 … 0.479 for three seeds; its own demo prints 69432 … 69510, 0.625 … 0.633, 0.465 … 0.481.
 */
import { drawsOf, type Engine } from '../engine/index.js';
import type { ModelRunner } from '../inference/index.js';
import { kMeans, nearestCentres } from '../nn/index.js';
import type { Batch, Model } from '../systems/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import { bootstrap, RESAMPLES } from './bootstrap.js';
import { knownSamples, labelledCodes, lacksLabelledCodes } from './labelledCodes.js';
import { type Metric, missing, single } from './metric.js';
import {
  adjustedRandIndex,
  contingency,
  matchedAccuracy,
  normalisedMutualInformation,
} from './partitions.js';
import type { SampleSource } from './sources.js';

export interface ClusterRequest {
  readonly runner: ModelRunner;
  readonly engine: Engine;
  readonly source: SampleSource;
  /** In no order: centres are found on the first samples. */
  readonly training: SampleSource;
  /** Clusters that k-means looks for. @default as many as there are classes */
  readonly clusters?: number;
  readonly seed?: number;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

const RESTARTS = 20;
/** Lloyd's iterations: far more than he needs to come to rest. */
const MOST_ITERATIONS = 300;
/** Codes that centres are found on, and numbers in them: for codes of twenty numbers a second. */
const MOST_CODES = 10_000;
const MOST_NUMBERS = 2 ** 21;

/** Accuracy of the best one-to-one matching, NMI and ARI of each way of clustering that there is. */
export async function clusterMetrics(request: ClusterRequest): Promise<Metric[]> {
  const { runner, source, limit = source.size } = request;
  const lacking = lacksLabelledCodes(runner);
  const none = (reason: string) => [missing(Math.min(limit, source.size), ABOUT.clusterAccuracy, reason)];
  if (lacking) return none(lacking);
  const found = hasOwnClusters(runner.build()) ? await ownClusters(request) : await kMeansClusters(request);
  if (typeof found === 'string') return none(found);
  return found.flatMap((each) => agreement(each, request.seed));
}

/** Clusters and classes of samples. */
interface Clustered {
  readonly clusters: Int32Array;
  readonly labels: Int32Array;
  /** Where there are several ways. */
  readonly suffix: string;
  readonly how: string;
  readonly options: Readonly<Record<string, number>>;
}

const ABOUT = {
  clusterAccuracy: {
    name: 'clusterAccuracy',
    unit: '',
    estimator: 'share of samples in the cluster that is matched to their class, the best one-to-one matching',
  },
  clusterNmi: {
    name: 'clusterNmi',
    unit: '',
    estimator: 'I(cluster; class) over the arithmetic mean of the entropies',
  },
  clusterAri: {
    name: 'clusterAri',
    unit: '',
    estimator: 'pairs in one cluster and class, adjusted for chance, Hubert & Arabie 1985',
  },
} as const;

const STATISTICS = {
  clusterAccuracy: matchedAccuracy,
  clusterNmi: normalisedMutualInformation,
  clusterAri: adjustedRandIndex,
} as const;
const NAMES = ['clusterAccuracy', 'clusterNmi', 'clusterAri'] as const;

function agreement({ clusters, labels, suffix, how, options }: Clustered, seed?: number): Metric[] {
  return NAMES.map((name) => {
    const of = (times?: ArrayLike<number>) => STATISTICS[name](contingency(clusters, labels, times));
    const { estimator, unit } = ABOUT[name];
    return single(of(), labels.length, {
      name: name + suffix,
      unit,
      estimator: `${estimator}; ${how}`,
      options: { ...options, resamples: RESAMPLES },
      standardError: bootstrap(labels.length, of, { seed })?.standardError,
    });
  });
}

/** Centres are found on training codes; samples are in the cluster of the nearest. @returns a reason where there are none */
async function kMeansClusters(request: ClusterRequest): Promise<Clustered[] | string> {
  const { runner, source, training, seed = 0, limit = source.size, signal } = request;
  const { clusters = runner.data.classes } = request;
  const d = sizeOf(runner.build().codeShape);
  const most = Math.min(MOST_CODES, Math.max(1, Math.floor(MOST_NUMBERS / d)));
  const codes = await labelledCodes(request, training, most);
  const fitted = codes.labels.length;
  if (fitted <= clusters)
    return `there are ${fitted} training samples of known class for ${clusters} clusters`;
  const held = await labelledCodes(request, source, limit);
  if (held.labels.length === 0) return 'the class of no sample is known';
  if (!codes.features.every(Number.isFinite) || !held.features.every(Number.isFinite))
    return 'a code is not finite';
  const { centres } = bestCentres(codes.features, { dimension: d, clusters, seed, signal });
  return [
    {
      clusters: nearestCentres(held.features, centres, d).indices,
      labels: held.labels,
      suffix: '',
      how: 'k-means++ on training codes, the best of several starts',
      options: { clusters, fittedOn: fitted, restarts: RESTARTS, seed },
    },
  ];
}

interface Centres {
  /** [clusters, dimension] */
  readonly centres: Float32Array;
  readonly inertia: number;
}

/** The centres of least inertia, Σ_n ‖z_n − c‖² to the nearest, of several greedy k-means++ starts. */
export function bestCentres(
  vectors: Float32Array,
  {
    dimension,
    clusters,
    seed,
    restarts = RESTARTS,
    signal,
  }: { dimension: number; clusters: number; seed: number; restarts?: number; signal?: AbortSignal },
): Centres {
  const draws = drawsOf(seed, 'k-means restarts');
  const candidates = 2 + Math.floor(Math.log(clusters));
  let best: Centres = { centres: new Float32Array(0), inertia: Number.POSITIVE_INFINITY };
  for (let restart = 0; restart < restarts; restart++) {
    signal?.throwIfAborted();
    const centres = kMeans(vectors, { dimension, clusters, draws, iterations: MOST_ITERATIONS, candidates });
    const inertia = nearestCentres(vectors, centres, dimension).distances.reduce(
      (sum, each) => sum + each,
      0,
    );
    if (inertia < best.inertia) best = { centres, inertia };
  }
  return best;
}

function hasOwnClusters(model: Model): boolean {
  return model.classifier?.of === 'clusters' || categoriesOf(model).length > 0;
}

/** Maps of one index: categorical variables of the whole sample. */
function categoriesOf({ discrete }: Model) {
  return (discrete?.maps ?? []).filter(({ shape }) => sizeOf(shape) === 1);
}

/** Likeliest cluster, or likeliest category of each categorical variable. */
async function ownClusters(request: ClusterRequest): Promise<Clustered[] | string> {
  const { runner, source, limit = source.size, signal } = request;
  const clusters = new Map<string, number[]>();
  const labels: number[] = [];
  for await (const samples of knownSamples(runner, source, limit)) {
    const rows = await runner.mapSamples(
      'clusters',
      samples,
      (batch, { model }) => clusterRows(model, batch),
      { signal },
    );
    for (const [name, values] of Object.entries(rows))
      clusters.set(name, [...(clusters.get(name) ?? []), ...values]);
    labels.push(...(samples.labels ?? []));
  }
  if (labels.length === 0) return 'the class of no sample is known';
  return Array.from(clusters, ([name, values]) => ({
    clusters: Int32Array.from(values),
    labels: Int32Array.from(labels),
    suffix: clusters.size === 1 ? '' : `.${name}`,
    how: 'the likeliest category of the code',
    options: {},
  }));
}

function clusterRows(model: Model, batch: Batch): Record<string, Tensor> {
  const { classifier, discrete } = model;
  const own: Record<string, Tensor> =
    classifier?.of === 'clusters' ? { classifier: classifier.logits(batch).argMax() } : {};
  if (!discrete) return own;
  const indices = discrete.indices(batch);
  const categories = categoriesOf(model).map((map) => {
    return [map.name, indices[discrete.maps.indexOf(map)]];
  });
  return { ...own, ...Object.fromEntries(categories) };
}
