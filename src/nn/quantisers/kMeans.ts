/**
 * k-means: the start of codebooks. Seeds by k-means++ (Arthur & Vassilvitskii 2007: each next one with probability
 * proportional to its squared distance from those so far), then Lloyd's iterations.
 */
import type { Draws } from '../../tensor/index.js';

/** Vectors that are looked at; more say little else about where a few hundred centres belong. */
const MOST_VECTORS = 20_000;
const ITERATIONS = 10;
/** Deviation of what is added to copies, as a part of the vectors' root mean square: no two centres are the same. */
const COPY_NOISE = 1e-3;

export interface KMeansOptions {
  readonly dimension: number;
  readonly clusters: number;
  readonly draws: Draws;
  /** @default 10 */
  readonly iterations?: number;
  /** Vectors drawn for each next seed, of which the one that leaves the least distance is kept. @default 1 */
  readonly candidates?: number;
}

/**
 * @param vectors rows [n, dimension]
 * @returns       centres, rows [clusters, dimension]; copies of vectors with a little noise where there are no more vectors
 *   than clusters
 * @throws RangeError if there are no vectors
 */
export function kMeans(
  vectors: Float32Array,
  { dimension: d, clusters, draws, iterations = ITERATIONS, candidates = 1 }: KMeansOptions,
): Float32Array {
  const count = vectors.length / d;
  if (count < 1) throw new RangeError('kMeans: there are no vectors');
  if (count <= clusters) return copies(vectors, d, clusters, draws);
  const chosen = spread(vectors, d, draws);
  const centres = seeds(chosen, d, { clusters, draws, candidates });
  let before: Int32Array | undefined;
  for (let i = 0; i < iterations; i++) {
    const { indices, distances } = nearestCentres(chosen, centres, d);
    if (before?.every((index, row) => index === indices[row])) break;
    before = indices;
    moveToMeans(centres, chosen, { indices, distances }, d);
  }
  return centres;
}

interface Assignment {
  /** Nearest centre of each vector, the first of equals. */
  readonly indices: Int32Array;
  /** Its squared distance. */
  readonly distances: Float64Array;
}

/** Nearest centres of vectors, rows [n, d] against rows [k, d]. */
export function nearestCentres(vectors: Float32Array, centres: Float32Array, d: number): Assignment {
  const count = vectors.length / d;
  const indices = new Int32Array(count);
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k * d < centres.length; k++) {
      const distance = distanceOf(vectors, row * d, centres, k * d, d);
      if (distance >= distances[row]) continue;
      distances[row] = distance;
      indices[row] = k;
    }
  }
  return { indices, distances };
}

function distanceOf(a: Float32Array, from: number, b: Float32Array, to: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) {
    const difference = a[from + j] - b[to + j];
    sum += difference * difference;
  }
  return sum;
}

/** One vector out of each of as many stretches of equal length. */
function spread(vectors: Float32Array, d: number, draws: Draws): Float32Array {
  const count = vectors.length / d;
  if (count <= MOST_VECTORS) return vectors;
  const chosen = new Float32Array(MOST_VECTORS * d);
  draws.uniform(MOST_VECTORS).forEach((u, i) => {
    const row = Math.min(count - 1, Math.floor(((i + u) * count) / MOST_VECTORS));
    chosen.set(vectors.subarray(row * d, (row + 1) * d), i * d);
  });
  return chosen;
}

function copies(vectors: Float32Array, d: number, clusters: number, draws: Draws): Float32Array {
  const count = vectors.length / d;
  const size = Math.sqrt(vectors.reduce((sum, value) => sum + value ** 2, 0) / vectors.length);
  const noise = draws.normal(clusters * d);
  const rows = draws.uniform(clusters).map((u) => Math.min(count - 1, Math.floor(u * count)));
  return noise.map((epsilon, i) => {
    const value = vectors[rows[Math.floor(i / d)] * d + (i % d)];
    return value + COPY_NOISE * size * epsilon;
  });
}

function seeds(
  vectors: Float32Array,
  d: number,
  { clusters, draws, candidates }: Required<Omit<KMeansOptions, 'dimension' | 'iterations'>>,
): Float32Array {
  const count = vectors.length / d;
  const centres = new Float32Array(clusters * d);
  const uniform = draws.uniform(1 + (clusters - 1) * candidates);
  const distancesWith = (row: number, before?: Float64Array) =>
    Float64Array.from({ length: count }, (_, i) =>
      Math.min(before?.[i] ?? Infinity, distanceOf(vectors, i * d, vectors, row * d, d)),
    );
  let row = Math.floor(uniform[0] * count);
  let distances: Float64Array = distancesWith(row);
  centres.set(vectors.subarray(row * d, (row + 1) * d));
  for (let k = 1; k < clusters; k++) {
    let left: { distances: Float64Array; total: number } | undefined;
    for (let c = 0; c < candidates; c++) {
      const candidate = drawnFrom(distances, uniform[1 + (k - 1) * candidates + c]);
      const after = distancesWith(candidate, distances);
      const total = after.reduce((sum, distance) => sum + distance, 0);
      if (left && total >= left.total) continue;
      left = { distances: after, total };
      row = candidate;
    }
    distances = left?.distances ?? distances;
    centres.set(vectors.subarray(row * d, (row + 1) * d), k * d);
  }
  return centres;
}

/** The index at which the running sum of the weights passes a part u of the whole. */
function drawnFrom(weights: Float64Array, u: number): number {
  let rest = u * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return i;
  }
  // Where all distances are 0, or rounding has left a little: any.
  return Math.min(weights.length - 1, Math.floor(u * weights.length));
}

/** Centres become the means of their vectors; one that has none goes to the vector that is farthest from its own. */
function moveToMeans(
  centres: Float32Array,
  vectors: Float32Array,
  { indices, distances }: Assignment,
  d: number,
): void {
  const clusters = centres.length / d;
  const counts = new Float64Array(clusters);
  const sums = new Float64Array(centres.length);
  indices.forEach((k, row) => {
    counts[k]++;
    for (let j = 0; j < d; j++) sums[k * d + j] += vectors[row * d + j];
  });
  for (let k = 0; k < clusters; k++) {
    if (counts[k] > 0) {
      for (let j = 0; j < d; j++) centres[k * d + j] = sums[k * d + j] / counts[k];
      continue;
    }
    const farthest = distances.indexOf(distances.reduce((a, b) => Math.max(a, b)));
    distances[farthest] = 0;
    centres.set(vectors.subarray(farthest * d, (farthest + 1) * d), k * d);
  }
}
