/**
 * The nearest entry of a codebook: argmin_k ‖z − e_k‖² = argmax_k (z − c)·(e_k − c) − ½ ‖e_k − c‖², one matrix product.
 *
 * With any c these are the same; with c the mean of the codebook nothing is lost where all vectors lie far from the origin
 * and near each other, which would cancel most digits of float32.
 */
import { concat, type Tensor } from '../../tensor/index.js';

/** Scores in memory at a time, 64 MiB of them; more rows than fit are taken in parts. */
const MOST_SCORES = 2 ** 24;

/**
 * @param rows     [n, d]
 * @param codebook [k, d]
 * @returns        int32 [n], ties to the lowest index; no gradient flows through it
 */
export function nearest(rows: Tensor, codebook: Tensor, most = MOST_SCORES): Tensor {
  const centre = codebook.mean(0);
  const entries = codebook.sub(centre);
  const offsets = entries.square().sum(1).mul(0.5);
  const transposed = entries.swapLastAxes();
  const search = (part: Tensor) => part.sub(centre).matmul(transposed).sub(offsets).argMax(-1);
  const [count] = rows.shape;
  const size = Math.max(1, Math.floor(most / codebook.shape[0]));
  if (count <= size) return search(rows);
  const parts = Array.from({ length: Math.ceil(count / size) }, (_, i) =>
    search(rows.sliceAlong(0, i * size, Math.min(count, (i + 1) * size))),
  );
  return concat(parts, 0);
}
