/**
 * What the classes of the nearest training codes say of a sample's class: k-nearest-neighbour classification, which learns
 * nothing, so that it is about the codes alone. Cover & Hart 1967.
 */
import type { Engine } from '../engine/index.js';
import type { ModelRunner } from '../inference/index.js';
import { baselineFeatures, codeFeatures, type Features } from './features.js';
import { lacksLabelledCodes } from './labelledCodes.js';
import { type Metric, meanOver, missing } from './metric.js';
import { type NearestRows, nearestRows, type RowDistance } from './nearestRows.js';
import type { SampleSource } from './sources.js';

export interface NeighbourRequest {
  readonly runner: ModelRunner;
  readonly engine: Engine;
  readonly source: SampleSource;
  /** In no order: neighbours are looked for among the first samples of known class. */
  readonly training: SampleSource;
  /** Whether the same is measured on samples themselves, on their principal components and on an untrained encoder. */
  readonly baselines?: boolean;
  readonly seed?: number;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

const COUNTS = [1, 5, 20];
/** Numbers of training codes in memory, 256 MiB. */
const MOST_NUMBERS = 2 ** 26;
/** Products of numbers for each distance: for 10,000 samples and codes of a thousand numbers, 13,743 training codes. */
const MOST_PRODUCTS = 2 ** 37;
const DISTANCES: Readonly<Record<RowDistance, { metric: string; text: string }>> = {
  euclidean: { metric: 'knnAccuracy', text: 'Euclidean distance' },
  cosine: { metric: 'knnCosineAccuracy', text: 'cosine' },
};

const about = (name: string, of: string, options: Readonly<Record<string, number>> = {}) => ({
  name,
  unit: '' as const,
  estimator: `majority of the k nearest training ${of}, ties to the nearer`,
  options,
});

/** Accuracy of the majority of the 1, 5 and 20 nearest, by both distances. */
export async function neighbourMetrics(request: NeighbourRequest): Promise<Metric[]> {
  const { runner, source, limit = source.size } = request;
  const lacking = lacksLabelledCodes(runner);
  if (lacking) return [missing(Math.min(limit, source.size), about('knnAccuracy', 'codes'), lacking)];
  const baselines = request.baselines ? await baselineFeatures(request) : [];
  const metrics: Metric[] = [];
  for (const features of [codeFeatures(request), ...baselines])
    metrics.push(...(await ofFeatures(request, features)));
  return metrics;
}

async function ofFeatures(request: NeighbourRequest, features: Features): Promise<Metric[]> {
  const { engine, source, training, limit = source.size, signal } = request;
  const { name, suffix, dimensions } = features;
  const none = (reason: string) => [
    missing(Math.min(limit, source.size), about(`knnAccuracy${suffix}`, name), reason),
  ];
  if (features.reason !== undefined) return none(features.reason);
  const held = await features.rows(source, limit);
  const rows = await features.rows(training, mostTrainingRows(held.labels.length, dimensions));
  if (rows.labels.length === 0) return none('the class of no training sample is known');
  if (held.labels.length === 0) return none('the class of no sample is known');
  if (!rows.features.every(Number.isFinite) || !held.features.every(Number.isFinite))
    return none('a code is not finite');
  const counts = COUNTS.filter((k) => k <= rows.labels.length);
  const metrics: Metric[] = [];
  for (const distance of ['euclidean', 'cosine'] as const) {
    const { metric, text } = DISTANCES[distance];
    const k = Math.max(...counts);
    const options = { dimensions, k, distance, signal };
    const nearest = await nearestRows(engine, held.features, rows.features, options);
    for (const few of counts) {
      const said = majorities(nearest, rows.labels, few);
      const isRight = Array.from(held.labels, (label, n) => (said[n] === label ? 1 : 0));
      const { estimator, ...rest } = about(`${metric}(${few})${suffix}`, name, {
        k: few,
        labels: rows.labels.length,
      });
      metrics.push(meanOver(isRight, { ...rest, estimator: `${estimator}; ${text}` }));
    }
  }
  return metrics;
}

/** Training rows that neighbours of so many samples are looked for among: fewer of long features. */
export function mostTrainingRows(samples: number, dimensions: number): number {
  const most = Math.min(MOST_NUMBERS, MOST_PRODUCTS / Math.max(1, samples)) / dimensions;
  return Math.max(1, Math.floor(most));
}

/** Class of most of the first `few` neighbours of each query; of equally frequent ones that of the nearest. */
export function majorities({ k, indices }: NearestRows, labels: ArrayLike<number>, few: number): Int32Array {
  return Int32Array.from({ length: indices.length / k }, (_, n) => {
    const votes = new Map<number, number>();
    for (const index of indices.subarray(n * k, n * k + few))
      votes.set(labels[index], (votes.get(labels[index]) ?? 0) + 1);
    // Classes come in the order of their nearest neighbour.
    let [said, most] = [-1, 0];
    for (const [label, count] of votes) if (count > most) [said, most] = [label, count];
    return said;
  });
}
