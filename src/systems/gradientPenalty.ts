/**
 * What keeps a critic's slope near 1 on the way from generated samples to real ones:
 *
 *   (‖∇_u D(u)‖ − 1)²,   u = x + α (y − x), α ~ U[0, 1)
 *
 * with one α for a sample, and the norm over all of its numbers.
 *
 * Source: Gulrajani et al. 2017, "Improved training of Wasserstein GANs", algorithm 1 (arXiv:1704.00028).
 */
import { grad, randomUniform, type Tensor } from '../tensor/index.js';

/** Below the root, whose slope is infinite at 0. */
const LEAST_SQUARE = 1e-12;

/**
 * [batch]. Its gradient reaches what the critic is made of, and neither x nor y.
 *
 * @param critic from samples to one number each, [batch]
 * @param x      [batch, ...]
 * @param y      [batch, ...]
 */
export function gradientPenalty(critic: (x: Tensor) => Tensor, x: Tensor, y: Tensor): Tensor {
  const alpha = randomUniform('between', [x.shape[0], ...x.shape.slice(1).map(() => 1)]);
  const between = x.add(alpha.mul(y.sub(x))).stopGradient();
  const [slope] = grad(critic(between).sum(), [between]);
  return slope.square().sumOverEvent().add(LEAST_SQUARE).sqrt().sub(1).square();
}
