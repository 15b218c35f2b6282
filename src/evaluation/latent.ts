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
  readonly #means: Float32Array[] = [];
  readonly #logVars: Float32Array[] = [];

  constructor(readonly dimensions: number) {
    this.#kl = new Float64Array(dimensions);
    this.#sum = new Float64Array(dimensions);
    this.#squares = new Float64Array(dimensions);
  }

  /** Adds rows [count, dimensions] of divergences, posterior means and log-variances. */
  add(kl: Float32Array, mean: Float32Array, logVar: Float32Array): void {
    const d = this.dimensions;
    for (let row = 0; row * d < mean.length; row++) {
      for (let j = 0; j < d; j++) {
        const m = mean[row * d + j];
        this.#kl[j] += kl[row * d + j];
        this.#sum[j] += m;
        this.#squares[j] += m * m;
      }
      if (this.#means.length < LARGEST_SAMPLE) {
        this.#means.push(mean.slice(row * d, (row + 1) * d));
        this.#logVars.push(logVar.slice(row * d, (row + 1) * d));
      }
      this.#count++;
    }
  }

  statistics(seed: number): LatentStatistics {
    const n = this.#count;
    const variance = (j: number) => this.#squares[j] / n - (this.#sum[j] / n) ** 2;
    return {
      klPerDimension: Array.from(this.#kl, (sum) => sum / n),
      activeUnits: Array.from(this.#kl, (_, j) => variance(j)).filter((v) => v > ACTIVE_VARIANCE).length,
      mutualInformation: this.#mutualInformation(seed),
    };
  }

  #mutualInformation(seed: number): number {
    const count = this.#means.length;
    const d = this.dimensions;
    const noise = new RandomStream(seed, 'mutual information').normal(new Float32Array(count * d));
    const logDensity = (z: Float64Array, k: number) => {
      let sum = 0;
      for (let j = 0; j < d; j++)
        sum += this.#logVars[k][j] + (z[j] - this.#means[k][j]) ** 2 * Math.exp(-this.#logVars[k][j]);
      return -0.5 * sum;
    };
    let total = 0;
    for (let i = 0; i < count; i++) {
      const z = Float64Array.from(
        { length: d },
        (_, j) => this.#means[i][j] + Math.exp(this.#logVars[i][j] / 2) * noise[i * d + j],
      );
      const densities = Float64Array.from({ length: count }, (_, k) => logDensity(z, k));
      const largest = densities.reduce((a, b) => Math.max(a, b));
      const mean = densities.reduce((sum, value) => sum + Math.exp(value - largest), 0) / count;
      total += densities[i] - largest - Math.log(mean);
    }
    return total / count;
  }
}
