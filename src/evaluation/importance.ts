/**
 * The negative log-likelihood of samples by importance sampling:
 *
 *   log p(x) ≥ E log 1/S Σ_s w_s,   w_s = p(x|z_s) p(z_s) / q(z_s|x),   z_s ~ q(z|x)
 *
 * which rises to log p(x) with S. Source: Burda, Grosse & Salakhutdinov 2016, eq. 8.
 */
import type { ModelRunner } from '../inference/index.js';
import { logWeights } from '../probability/index.js';
import { hasDensity } from '../systems/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import type { SampleSource, SourceOptions } from './sources.js';

export interface ImportanceOptions extends SourceOptions {
  /** S, draws for each sample. @default 5000 */
  draws?: number;
  /** Draws that are computed at once; the result does not depend on it but for their noise. @default as many as suit */
  chunk?: number;
  /** Called as samples are done. */
  onProgress?: (done: number, total: number) => void;
}

/** Of each sample. */
export interface ImportanceEstimate {
  /** −log 1/S Σ w_s, nats. */
  readonly nll: Float64Array;
  /** (Σ w)² / Σ w², effective draws: below 5, the estimate hangs on single ones. */
  readonly effectiveDraws: Float64Array;
}

/** Numbers of decoded samples at once. */
const MOST_NUMBERS = 2 ** 22;
const LARGEST_CHUNK = 100;
const BATCH = 16;

/** @throws Error if the model lacks a part of the weights */
export async function importanceWeightedNll(
  runner: ModelRunner,
  source: SampleSource,
  { draws = 5000, chunk, seed = 0, limit = source.size, signal, onProgress }: ImportanceOptions = {},
): Promise<ImportanceEstimate> {
  const count = Math.min(limit, source.size);
  const room = Math.max(1, Math.floor(MOST_NUMBERS / (BATCH * sizeOf(runner.data.shape))));
  const most = Math.min(draws, chunk ?? Math.min(LARGEST_CHUNK, room));
  const nll = new Float64Array(count);
  const effectiveDraws = new Float64Array(count);
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start);
    const samples = await source.read(start, size);
    const sums = Array.from({ length: size }, () => new WeightSum());
    for (let done = 0; done < draws; done += most) {
      const now = Math.min(most, draws - done);
      const { weights } = await runner.mapSamples(
        `importance weights ${now}`,
        samples,
        ({ x, labels }, { model, size: rows }) => {
          const q = model.posterior?.({ x, labels });
          const p = model.prior?.(rows, labels);
          const { likelihood } = model;
          if (!q || !hasDensity(p) || !likelihood)
            throw new Error('importance weights take a posterior, a prior with a density and a likelihood');
          const nll = (z: Tensor) => likelihood(z, labels).nll(x);
          return { weights: logWeights({ q, p, nll }, q.sample({ draws: now })).transpose([1, 0]) };
        },
        { seed, firstStep: start * draws + done, signal },
      );
      sums.forEach((sum, i) => {
        for (let s = 0; s < now; s++) sum.add(weights[i * now + s]);
      });
    }
    sums.forEach((sum, i) => {
      nll[start + i] = Math.log(draws) - sum.logTotal;
      effectiveDraws[start + i] = sum.effectiveDraws;
    });
    onProgress?.(start + size, count);
  }
  return { nll, effectiveDraws };
}

/** Sums of weights and their squares, given as logarithms, relative to the largest so far. */
export class WeightSum {
  #largest = -Infinity;
  #sum = 0;
  #squares = 0;

  add(logWeight: number): void {
    if (logWeight > this.#largest) {
      const shrink = Math.exp(this.#largest - logWeight);
      this.#sum *= shrink;
      this.#squares *= shrink * shrink;
      this.#largest = logWeight;
    }
    const weight = logWeight === -Infinity ? 0 : Math.exp(logWeight - this.#largest);
    this.#sum += weight;
    this.#squares += weight * weight;
  }

  /** log Σ w */
  get logTotal(): number {
    return this.#largest + Math.log(this.#sum);
  }

  get effectiveDraws(): number {
    return this.#squares > 0 ? this.#sum ** 2 / this.#squares : 0;
  }
}
