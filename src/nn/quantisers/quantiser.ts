/** What a quantiser is: vectors in, what they are taken for out, by index; and how far apart the two are. */
import type { Draws, Tensor, Variable } from '../../tensor/index.js';

/** The choice of one codebook. */
export interface Choice {
  /** int32 [batch, ...map] */
  readonly indices: Tensor;
  /** What was to be quantised, [batch, ...map, d]. */
  readonly before: Tensor;
  /** The entries chosen, through which gradients reach the codebook, and only it. */
  readonly after: Tensor;
}

export interface Quantised {
  /** What z is taken for, [batch, ...map, d]; gradients go straight through to z. */
  readonly code: Tensor;
  /** By codebook. */
  readonly choices: readonly Choice[];
  /** Distances that move codebooks, [batch]; absent where codebooks are averages or there are none. */
  readonly codebook?: Tensor;
  /** Distances that keep z near its entries, [batch]; absent where z cannot leave them. */
  readonly commitment?: Tensor;
}

export interface Quantiser {
  /** d, length of the vectors. */
  readonly dimension: number;
  /** Entries of each codebook. */
  readonly sizes: readonly number[];
  /**
   * Quantises z [batch, ...map, d]. In a training build this also moves what moves outside the gradient, at the end of the
   * step.
   */
  quantise(z: Tensor): Quantised;
  /** Vectors of indices [...map], one tensor for each codebook; [...map, d]. */
  lookup(indices: readonly Tensor[]): Tensor;
  /** First values of codebooks out of vectors, rows [n, d]; absent where there is nothing to begin. */
  start?(vectors: Float32Array, draws: Draws): Map<Variable, Float32Array>;
}

/** Mean over the positions of Σ_d (a − b)², [batch, ...map, d] → [batch]. */
export function squaredDistance(a: Tensor, b: Tensor): Tensor {
  const perPosition = a.sub(b).square().sum(-1);
  return perPosition.rank === 1 ? perPosition : perPosition.flatten().mean(1);
}
