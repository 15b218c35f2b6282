/** What a code carries: nats per coordinate, coordinates in use, information about the sample. */
import { RandomStream } from '../random/index.js';

export interface LatentStatistics {
  /** Mean KL(q(z_j|x) ‖ p(z_j)) of each coordinate, nats. */
  readonly klPerDimension: readonly number[];
  /** Coordinates whose posterior mean varies: Var_x E_q[z_j] > 0.01. Burda et al. 2016, §5. */
  readonly activeUnits: number;
  /**
   * Estimate of I(x; z), nats: mean of log q(z|x) − log 1/M Σ_m q(z|x_m) over M samples and a draw of each. It cannot
   * exceed log M. Hoffman & Johnson 2016.
   */
  readonly mutualInformation: number;
}

const ACTIVE_VARIANCE = 0.01;
/** M of the estimate: quadratic in work, and log M is what it can see at most. */
const LARGEST_SAMPLE = 1000;

/** Posteriors of many samples, gathered batch by batch. */
export class LatentAccumulator {
  #count = 0;
  readonly #kl: Float64Array;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  /** Rows of the first samples' posteriors. */
  readonly #means: number[] = [];
  readonly #logVars: number[] = [];

  constructor(readonly dimensions: number) {
    this.#kl = new Float64Array(dimensions);
    this.#sum = new Float64Array(dimensions);
    this.#squares = new Float64Array(dimensions);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Adds rows [count, dimensions] of divergences, posterior means and log-variances. */
  add(kl: Float32Array, mean: Float32Array, logVar: Float32Array): void {
    const d = this.dimensions;
    const kept = LARGEST_SAMPLE * d - this.#means.length;
    for (let i = 0; i < mean.length; i++) {
      this.#kl[i % d] += kl[i];
      this.#sum[i % d] += mean[i];
      this.#squares[i % d] += mean[i] ** 2;
      if (i < kept) {
        this.#means.push(mean[i]);
        this.#logVars.push(logVar[i]);
      }
    }
    this.#count += mean.length / d;
  }

  /** @param seed key of the draws that the mutual information is estimated with */
  statistics(seed: number): LatentStatistics {
    const n = this.#count;
    const variances = Array.from(this.#squares, (squares, j) => squares / n - (this.#sum[j] / n) ** 2);
    return {
      klPerDimension: Array.from(this.#kl, (total) => total / n),
      activeUnits: variances.filter((variance) => variance > ACTIVE_VARIANCE).length,
      mutualInformation: mutualInformation(this.#means, this.#logVars, this.dimensions, seed),
    };
  }
}

/** Of posteriors N(means, e^logVars), rows [M, d], with one draw z_i of each. */
function mutualInformation(
  means: readonly number[],
  logVars: readonly number[],
  d: number,
  seed: number,
): number {
  const count = means.length / d;
  const noise = new RandomStream(seed, 'mutual information').normal(new Float32Array(means.length));
  const centres = Float64Array.from(means);
  const z = Float64Array.from(means, (mean, i) => mean + Math.exp(logVars[i] / 2) * noise[i]);
  const precisions = Float64Array.from(logVars, (logVar) => Math.exp(-logVar));
  const volumes = new Float64Array(count);
  logVars.forEach((logVar, at) => {
    volumes[Math.floor(at / d)] += logVar;
  });
  const logDensities = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    let largest = -Infinity;
    for (let m = 0; m < count; m++) {
      let squares = volumes[m];
      for (let j = 0; j < d; j++) squares += (z[i * d + j] - centres[m * d + j]) ** 2 * precisions[m * d + j];
      logDensities[m] = -0.5 * squares;
      largest = Math.max(largest, logDensities[m]);
    }
    let mixture = 0;
    for (let m = 0; m < count; m++) mixture += Math.exp(logDensities[m] - largest);
    total += logDensities[i] - largest - Math.log(mixture / count);
  }
  return total / count;
}
