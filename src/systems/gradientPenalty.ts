/**
 * The gradient penalty of Wasserstein critics, of each sample:
 *
 *   (‖∇_u D(u)‖ − 1)²,   u = x + α (x̃ − x),  α ~ U[0, 1)
 *
 * with one α and one norm for all numbers of a sample. Source: Gulrajani et al. 2017, algorithm 1 (arXiv:1704.00028).
 */
import { grad, randomUniform, type Tensor } from '../tensor/index.js';

/** Keeps the root's derivative finite where a gradient is 0. */
const SMALLEST_SQUARE = 1e-12;

/**
 * @param critic D, [batch, ...event] → [batch]
 * @param x      samples of the data, [batch, ...event]
 * @param other  samples of the generator, of the same shape; no gradient reaches them
 * @returns      [batch]
 */
export function gradientPenalty(critic: (u: Tensor) => Tensor, x: Tensor, other: Tensor): Tensor {
  const alpha = randomUniform('gradient penalty', [x.shape[0], ...x.shape.slice(1).map(() => 1)]);
  const u = x.add(alpha.mul(other.stopGradient().sub(x)));
  const [slope] = grad(critic(u).sum(), [u]);
  return slope.square().sumOverEvent().add(SMALLEST_SQUARE).sqrt().sub(1).square();
}
