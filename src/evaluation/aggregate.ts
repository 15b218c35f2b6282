/**
 * What codes say of the whole data, by the aggregate posterior q(z) = 1/N Σ_n q(z|x_n) over all N training samples:
 *
 *   mean KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ p(z))
 *   KL(q(z) ‖ p(z))        = TC + Σ_j KL(q(z_j) ‖ p(z_j)),      TC = KL(q(z) ‖ Π_j q(z_j))
 *
 * from draws z_s ~ q(z|x_s). A draw's own component stays in the mixture: that is what the identities are about.
 *
 * Source: Hoffman & Johnson 2016; Chen et al. 2018, eq. 2.
 */
import { cholesky, moments } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import { DiagonalNormal, pairwiseLogDensity } from '../probability/index.js';
import { RandomStream } from '../random/index.js';
import { input, logSumExp, Program } from '../tensor/index.js';

/** Posteriors N(mean, e^logVar) of N samples, rows [N, d]. */
export interface Posteriors {
  readonly dimensions: number;
  readonly mean: Float32Array;
  readonly logVar: Float32Array;
}

/** Of each draw, nats; their means are the quantities above. */
export interface AggregateEstimate {
  /** log q(z|x) − log q(z): I(x; z), at most log N. */
  readonly mutualInformation: Float64Array;
  /** log q(z) − log p(z) */
  readonly marginalKl: Float64Array;
  /** log q(z) − Σ_j log q(z_j) */
  readonly totalCorrelation: Float64Array;
  /** Σ_j log q(z_j) − log p(z_j) */
  readonly dimensionWiseKl: Float64Array;
}

export interface AggregateOptions {
  /** Draws, of the posteriors of as many samples; at most N. @default 10000 */
  draws?: number;
  /** Key of the draws. @default 0 */
  seed?: number;
  signal?: AbortSignal;
}

const LOG_2PI = Math.log(2 * Math.PI);
/** Draws and posteriors that meet at once: a few megabytes for twenty coordinates. */
const DRAWS = 64;
const POSTERIORS = 512;

export async function aggregatePosterior(
  engine: Engine,
  { dimensions: d, mean, logVar }: Posteriors,
  { draws = 10_000, seed = 0, signal }: AggregateOptions = {},
): Promise<AggregateEstimate> {
  const count = mean.length / d;
  const size = Math.min(draws, count);
  const noise = new RandomStream(seed, 'aggregate posterior').normal(new Float32Array(size * d));
  // Evenly spread over the samples, which may be ordered by class.
  const chosen = Array.from({ length: size }, (_, s) => Math.floor((s * count) / size));
  const z = Float32Array.from(noise, (epsilon, i) => {
    const at = chosen[Math.floor(i / d)] * d + (i % d);
    return mean[at] + Math.exp(logVar[at] / 2) * epsilon;
  });
  const { joint, marginals } = await mixtureDensities(engine, { dimensions: d, mean, logVar }, z, signal);
  const result: AggregateEstimate = {
    mutualInformation: new Float64Array(size),
    marginalKl: new Float64Array(size),
    totalCorrelation: new Float64Array(size),
    dimensionWiseKl: new Float64Array(size),
  };
  for (let s = 0; s < size; s++) {
    let [own, prior, product] = [0, 0, 0];
    for (let j = 0; j < d; j++) {
      const [at, i] = [chosen[s] * d + j, s * d + j];
      own -= 0.5 * (LOG_2PI + logVar[at] + (z[i] - mean[at]) ** 2 * Math.exp(-logVar[at]));
      prior -= 0.5 * (LOG_2PI + z[i] ** 2);
      product += marginals[i];
    }
    result.mutualInformation[s] = own - joint[s];
    result.marginalKl[s] = joint[s] - prior;
    result.totalCorrelation[s] = joint[s] - product;
    result.dimensionWiseKl[s] = product - prior;
  }
  return result;
}

/** log q(z_s) [S] and log q(z_sj) [S, d] of draws, rows [S, d], under the mixture of all posteriors. */
async function mixtureDensities(
  engine: Engine,
  { dimensions: d, mean, logVar }: Posteriors,
  z: Float32Array,
  signal?: AbortSignal,
): Promise<{ joint: Float64Array; marginals: Float64Array }> {
  const [size, count] = [z.length / d, mean.length / d];
  const joint = new Float64Array(size).fill(-Infinity);
  const marginals = new Float64Array(size * d).fill(-Infinity);
  const rest = count % POSTERIORS;
  const program = (rows: number) => {
    const q = new DiagonalNormal({ mean: input('mean', [rows, d]), logVar: input('logVar', [rows, d]) });
    const logDensity = pairwiseLogDensity(input('z', [DRAWS, d]), q);
    return new Program({
      outputs: { joint: logSumExp(logDensity.sum(2), 1), marginals: logSumExp(logDensity, 1) },
    });
  };
  const [whole, last] = await Promise.all([
    engine.compile(program(Math.min(POSTERIORS, count))),
    rest > 0 && count > POSTERIORS ? engine.compile(program(rest)) : undefined,
  ]);
  try {
    for (let start = 0; start < size; start += DRAWS) {
      const draw = new Float32Array(DRAWS * d);
      draw.set(z.subarray(start * d, (start + DRAWS) * d));
      const real = Math.min(DRAWS, size - start);
      for (let n = 0; n < count; n += POSTERIORS) {
        const end = Math.min(count, n + POSTERIORS);
        const executable = last && end - n < POSTERIORS ? last : whole;
        const feeds = { z: draw, mean: mean.slice(n * d, end * d), logVar: logVar.slice(n * d, end * d) };
        const part = await executable.run(feeds, { signal });
        for (let i = 0; i < real; i++) joint[start + i] = logAddExp(joint[start + i], part.joint[i]);
        for (let i = 0; i < real * d; i++)
          marginals[start * d + i] = logAddExp(marginals[start * d + i], part.marginals[i]);
      }
    }
  } finally {
    await Promise.all([whole.dispose(), last?.dispose()]);
  }
  const logCount = Math.log(count);
  return { joint: joint.map((v) => v - logCount), marginals: marginals.map((v) => v - logCount) };
}

function logAddExp(a: number, b: number): number {
  const largest = Math.max(a, b);
  return largest === -Infinity ? largest : largest + Math.log(Math.exp(a - largest) + Math.exp(b - largest));
}

/**
 * Total correlation of codes without a posterior, as if they were jointly normal: ½ (Σ_j log S_jj − log det S) of their
 * covariance S, rows [N, d]. Nats.
 *
 * @returns NaN where coordinates depend on each other linearly, or do not vary
 */
export function gaussianTotalCorrelation(codes: Float32Array, d: number): number {
  const { covariance } = moments({ data: codes, count: codes.length / d, dimensions: d });
  const factor = cholesky(covariance, d);
  let total = 0;
  for (let j = 0; j < d; j++) {
    const variance = covariance[j * (d + 1)];
    const left = factor?.[j * (d + 1)] ?? 0;
    // What rounding leaves of nothing.
    if (!(left ** 2 > 1e-12 * variance)) return Number.NaN;
    // log det S = Σ 2 log L_jj
    total += 0.5 * Math.log(variance) - Math.log(left);
  }
  return total;
}
