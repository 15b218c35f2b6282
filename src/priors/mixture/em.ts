/**
 * Mixtures of normal distributions by expectation-maximisation, in float64:
 *
 *   E   r_nc = softmax_c [ log w_c + log N(z_n; m_c, S_c) ]
 *   M   N_c = Σ_n r_nc,  w_c = N_c/N,  m_c = Σ_n r_nc z_n / N_c,
 *       S_c = Σ_n r_nc (z_n − m_c)(z_n − m_c)ᵀ / N_c + ρ I
 *
 * from a k-means++ start (Arthur & Vassilvitskii 2007). A component that no point belongs to is given the point that is
 * explained worst and those around it. Dempster, Laird & Rubin 1977.
 */

import { cholesky, inverseLower } from '../../data/index.js';
import { RandomStream } from '../../random/index.js';

export type CovarianceKind = 'full' | 'diagonal';

/** Points [count, d], row-major. */
export interface Points {
  readonly data: ArrayLike<number>;
  readonly count: number;
  readonly size: number;
}

export interface Mixture {
  readonly covariance: CovarianceKind;
  /** [components] */
  readonly weights: Float64Array;
  /** [components, d] */
  readonly means: Float64Array;
  /** L with S = L Lᵀ of each component, [d, d]; of a diagonal one its deviations, [d]. */
  readonly factors: readonly Float64Array[];
}

export interface EmOptions {
  readonly covariance: CovarianceKind;
  /** ρ, added to every variance. */
  readonly floor: number;
  /** Gain of the mean log-likelihood, in nats, below which an iteration is the last. */
  readonly tolerance: number;
  readonly iterations: number;
  readonly signal?: AbortSignal;
}

export interface EmResult {
  readonly mixture: Mixture;
  /** Mean log-likelihood before each M step and after the last, nats. */
  readonly history: readonly number[];
}

/** A covariance that has no inverse: there are too few points for it. */
export class SingularError extends Error {
  override readonly name = 'SingularError';
}

/** Weight below which no point belongs to a component. */
const SMALLEST_COUNT = 1e-3;
const LOG_2PI = Math.log(2 * Math.PI);
/** Multiplications between two chances for other work of the process. */
const BREATH = 50_000_000;

/**
 * @param start responsibilities to begin with, [count, components]
 * @throws SingularError if a covariance has no Cholesky factor
 */
export async function expectationMaximisation(
  points: Points,
  components: number,
  start: Float64Array,
  { covariance, floor, tolerance, iterations, signal }: EmOptions,
): Promise<EmResult> {
  const responsibilities = start.slice();
  reseed(points, components, responsibilities, 0);
  let mixture = maximise(points, components, responsibilities, covariance, floor);
  const history: number[] = [];
  let work = 0;
  for (let i = 0; ; i++) {
    const explained = expect(points, mixture, responsibilities);
    history.push(explained.meanLogLikelihood);
    const gain = history[i] - (history[i - 1] ?? -Infinity);
    const isReseeded = reseed(points, components, responsibilities, explained.worst);
    if ((gain < tolerance && !isReseeded) || i >= iterations) return { mixture, history };
    mixture = maximise(points, components, responsibilities, covariance, floor);
    work += points.count * components * points.size ** 2;
    if (work < BREATH) continue;
    work = 0;
    await new Promise((resume) => setTimeout(resume));
    signal?.throwIfAborted();
  }
}

/** Log-density of every component at a point, written into `out`. */
function densities(mixture: Mixture): (z: ArrayLike<number>, at: number, out: Float64Array) => void {
  const { covariance, weights, means, factors } = mixture;
  const size = means.length / weights.length;
  const isFull = covariance === 'full';
  const inverses = factors.map((factor) => (isFull ? inverseLower(factor, size) : factor.map((s) => 1 / s)));
  const constants = inverses.map((inverse, c) => {
    let logDet = 0;
    for (let j = 0; j < size; j++) logDet += Math.log(inverse[isFull ? j * (size + 1) : j]);
    return Math.log(weights[c]) + logDet - (size / 2) * LOG_2PI;
  });
  const difference = new Float64Array(size);
  return (z, at, out) => {
    for (let c = 0; c < weights.length; c++) {
      const inverse = inverses[c];
      let squares = 0;
      for (let i = 0; i < size; i++) {
        difference[i] = z[at + i] - means[c * size + i];
        let standard = 0;
        if (isFull) for (let k = 0; k <= i; k++) standard += inverse[i * size + k] * difference[k];
        else standard = inverse[i] * difference[i];
        squares += standard * standard;
      }
      out[c] = constants[c] - squares / 2;
    }
  };
}

/** log p of every point, nats, [count]. */
export function logLikelihoods(points: Points, mixture: Mixture): Float64Array {
  const responsibilities = new Float64Array(points.count * mixture.weights.length);
  return expect(points, mixture, responsibilities).logLikelihoods;
}

interface Explained {
  readonly logLikelihoods: Float64Array;
  readonly meanLogLikelihood: number;
  /** The point that is explained worst. */
  readonly worst: number;
}

/** The E step, written into `responsibilities` [count, components]. */
function expect({ data, count, size }: Points, mixture: Mixture, responsibilities: Float64Array): Explained {
  const components = mixture.weights.length;
  const densitiesAt = densities(mixture);
  const own = new Float64Array(components);
  const logLikelihoods = new Float64Array(count);
  let [total, worst] = [0, 0];
  for (let n = 0; n < count; n++) {
    densitiesAt(data, n * size, own);
    let largest = own[0];
    for (let c = 1; c < components; c++) if (own[c] > largest) largest = own[c];
    let sum = 0;
    for (let c = 0; c < components; c++) sum += Math.exp(own[c] - largest);
    const logLikelihood = largest + Math.log(sum);
    for (let c = 0; c < components; c++)
      responsibilities[n * components + c] = Math.exp(own[c] - logLikelihood);
    logLikelihoods[n] = logLikelihood;
    total += logLikelihood;
    if (logLikelihood < logLikelihoods[worst]) worst = n;
  }
  return { logLikelihoods, meanLogLikelihood: total / count, worst };
}

/** Gives components that no point belongs to the worst-explained point and its neighbours, to each its own. */
function reseed(points: Points, components: number, responsibilities: Float64Array, worst: number): boolean {
  const counts = new Float64Array(components);
  responsibilities.forEach((r, i) => {
    counts[i % components] += r;
  });
  const empty = Array.from(counts.keys()).filter((c) => counts[c] < SMALLEST_COUNT);
  if (empty.length === 0) return false;
  const each = 2 * (points.size + 1);
  const taken = neighboursOf(points, worst, each * empty.length);
  taken.forEach((n, place) => {
    const row = responsibilities.subarray(n * components, (n + 1) * components);
    row.fill(0)[empty[Math.floor(place / each)]] = 1;
  });
  return true;
}

/** The points nearest to one of them, itself included. */
function neighboursOf({ data, count, size }: Points, point: number, wanted: number): number[] {
  const distances = Float64Array.from({ length: count }, (_, n) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += (data[n * size + i] - data[point * size + i]) ** 2;
    return sum;
  });
  const order = Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b]);
  return order.slice(0, wanted);
}

/** The M step. @throws SingularError */
function maximise(
  { data, count, size }: Points,
  components: number,
  responsibilities: Float64Array,
  covariance: CovarianceKind,
  floor: number,
): Mixture {
  const counts = new Float64Array(components);
  const means = new Float64Array(components * size);
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < components; c++) {
      const r = responsibilities[n * components + c];
      counts[c] += r;
      for (let i = 0; i < size; i++) means[c * size + i] += r * data[n * size + i];
    }
  }
  for (let i = 0; i < means.length; i++) means[i] /= counts[Math.floor(i / size)];
  const isFull = covariance === 'full';
  const spreads = Array.from({ length: components }, () => new Float64Array(isFull ? size * size : size));
  const difference = new Float64Array(size);
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < components; c++) {
      const r = responsibilities[n * components + c];
      if (r < Number.EPSILON) continue;
      const spread = spreads[c];
      for (let i = 0; i < size; i++) {
        difference[i] = data[n * size + i] - means[c * size + i];
        const weighted = r * difference[i];
        if (isFull) for (let k = 0; k <= i; k++) spread[i * size + k] += weighted * difference[k];
        else spread[i] += weighted * difference[i];
      }
    }
  }
  const factors = spreads.map((spread, c) => {
    for (let i = 0; i < spread.length; i++) spread[i] /= counts[c];
    for (let i = 0; i < size; i++) spread[isFull ? i * (size + 1) : i] += floor;
    const factor = isFull ? cholesky(spread, size) : spread.map(Math.sqrt);
    if (!factor || factor.some(Number.isNaN) || (!isFull && factor.some((s) => s === 0)))
      throw new SingularError(`component ${c} has a covariance without an inverse`);
    return factor;
  });
  return { covariance, weights: counts.map((each) => each / count), means, factors };
}

/**
 * Responsibilities of a k-means++ start: each next centre is drawn with a probability in proportion to its squared
 * distance from the nearest one before, and every point belongs to its nearest centre.
 */
export function kMeansPlusPlus(points: Points, components: number, seed: number): Float64Array {
  const { data, count, size } = points;
  const draws = new RandomStream(seed, 'k-means++').uniform(new Float32Array(components));
  const nearest = new Float64Array(count).fill(Infinity);
  const owner = new Int32Array(count);
  let centre = Math.floor(draws[0] * count);
  for (let c = 0; c < components; c++) {
    let total = 0;
    for (let n = 0; n < count; n++) {
      let distance = 0;
      for (let i = 0; i < size; i++) distance += (data[n * size + i] - data[centre * size + i]) ** 2;
      if (distance < nearest[n]) {
        nearest[n] = distance;
        owner[n] = c;
      }
      total += nearest[n];
    }
    let left = (draws[c + 1] ?? 0) * total;
    centre = 0;
    while (centre < count - 1 && left >= nearest[centre]) left -= nearest[centre++];
  }
  const responsibilities = new Float64Array(count * components);
  for (let n = 0; n < count; n++) responsibilities[n * components + owner[n]] = 1;
  return responsibilities;
}
