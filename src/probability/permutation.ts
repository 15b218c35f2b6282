/** Codes whose coordinates have lost each other: draws from the product of the marginals, Π_l q(z_l). */
import { randomUniform, type Tensor, takeAlongLast } from '../tensor/index.js';

/**
 * Permutes every coordinate over the batch by itself, fresh at every step. Each column keeps its values, so every
 * marginal of the batch is kept exactly; permuting within a sample would mix the marginals instead.
 *
 * @param z [batch, latent]
 * @param stream names the permutations
 * @returns [batch, latent]; gradients go where each value came from
 * @see Kim & Mnih 2018, algorithm 1 (arXiv:1802.05983)
 */
export function permuteEachDimension(z: Tensor, stream: string): Tensor {
  const columns = z.swapLastAxes();
  // The order of independent uniform numbers is a uniform permutation, and a tie still leaves one.
  const order = randomUniform(stream, columns.shape).topK(z.shape[0]);
  return takeAlongLast(columns, order).swapLastAxes();
}
