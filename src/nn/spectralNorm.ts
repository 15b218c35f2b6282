/**
 * The largest singular value of a weight, by power iteration that goes on from step to step
 * (Yoshida & Miyato 2017, arXiv:1705.10941).
 *
 *   v ← W u / ‖W u‖,   u ← Wᵀ v / ‖Wᵀ v‖,   s = vᵀ W u
 *
 * With u and v held constant, the gradient of s with respect to W is v uᵀ.
 */
import type { Tensor } from '../tensor/index.js';
import { gaussian } from './initialisers.js';
import type { Scope } from './scope.js';

export interface SpectralNormOptions {
  /** Iterations at every step. @default 4 */
  iterations?: number;
}

const EPSILON = 1e-12;

/**
 * @param weight [...kernel, channels, filters], seen as a matrix [kernel · channels, filters]
 * @param scope  keeps u, the filters' side, between steps of training
 * @returns      scalar; from a random start it is too small for the first few steps
 */
export function spectralNorm(
  weight: Tensor,
  scope: Scope,
  { iterations = 4 }: SpectralNormOptions = {},
): Tensor {
  const filters = weight.shape[weight.rank - 1];
  const matrix = weight.reshape([-1, filters]);
  const constant = matrix.stopGradient();
  const kept = scope.variable('u', [filters], gaussian(1), { trainable: false });
  let u: Tensor = kept.reshape([filters, 1]);
  let v = unit(constant.matmul(u));
  for (let i = 1; i <= iterations; i++) {
    u = unit(constant.swapLastAxes().matmul(v));
    v = unit(constant.matmul(u));
  }
  if (scope.training) scope.update(kept, u.reshape([filters]));
  return matrix.matmul(u.stopGradient()).mul(v).sum();
}

function unit(x: Tensor): Tensor {
  return x.div(x.square().sum().add(EPSILON).sqrt());
}
