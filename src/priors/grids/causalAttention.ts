/**
 * Attention over grids in raster order: position i looks at the positions j < i.
 *
 *   y_i = Σ_{j<i} softmax_j(q_i · k_j / √d) v_j,   in several heads
 *
 * Keys may know the input at their own position, so the order is strict; the first position has nothing to look at, and gets
 * exact zeros. Source: Chen et al. 2017 (arXiv:1712.09763), §2.
 */
import { concat, iota, ones, softmax, type Tensor } from '../../tensor/index.js';

/** Where nothing is to be looked at: e to it is 0 in float32, and no difference of two of them is NaN. */
const UNSEEN = -1e9;

export interface Attended {
  /** [batch, positions, heads · d] */
  readonly queries: Tensor;
  readonly keys: Tensor;
  /** [batch, positions, heads · e] */
  readonly values: Tensor;
}

/** y of all positions, [batch, positions, heads · e]. */
export function causalAttention({ queries, keys, values }: Attended, heads: number): Tensor {
  const positions = queries.shape[1];
  const isBefore = iota([1, 1, positions, positions], 3).less(iota([1, 1, positions, positions], 2));
  return attention({ queries, keys, values }, isBefore, heads);
}

/** y of one position, [batch, 1, heads · e], of keys of which those count that `filled` [batch, positions, 1] says. */
export function attendTo({ queries, keys, values }: Attended, filled: Tensor, heads: number): Tensor {
  const [batch, positions] = keys.shape;
  return attention({ queries, keys, values }, filled.reshape([batch, 1, 1, positions]).greater(0), heads);
}

function attention({ queries, keys, values }: Attended, isSeen: Tensor, heads: number): Tensor {
  const [q, k, v] = [queries, keys, values].map((each) => inHeads(each, heads));
  const scale = 1 / Math.sqrt(q.shape[3]);
  const scores = q.matmul(k.swapLastAxes()).mul(scale);
  const weights = softmax(isSeen.where(scores, UNSEEN)).mul(isSeen.cast('float32'));
  const y = weights.matmul(v).transpose([0, 2, 1, 3]);
  return y.reshape([y.shape[0], y.shape[1], -1]);
}

/** [batch, positions, heads · d] → [batch, heads, positions, d]. */
function inHeads(x: Tensor, heads: number): Tensor {
  const [batch, positions, width] = x.shape;
  return x.reshape([batch, positions, heads, width / heads]).transpose([0, 2, 1, 3]);
}

/** Keys and values of the positions so far, the oldest first; as many as a grid has, those that are not there yet zeros. */
export class Seen {
  constructor(
    readonly keys: Tensor,
    readonly values: Tensor,
    /** 1 where there is a position, [batch, positions, 1]. */
    readonly filled: Tensor,
  ) {}

  /** With one position more, [batch, 1, n] each, in the place of none. */
  with(keys: Tensor, values: Tensor): Seen {
    const one = ones([keys.shape[0], keys.shape[1], 1]);
    return new Seen(
      concat([this.keys, keys], 1),
      concat([this.values, values], 1),
      concat([this.filled, one], 1),
    );
  }

  /** The latest `count` positions. */
  latest(count: number): Seen {
    const last = (x: Tensor) => x.sliceAlong(1, x.shape[1] - count, x.shape[1]);
    return new Seen(last(this.keys), last(this.values), last(this.filled));
  }
}
