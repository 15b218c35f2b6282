/**
 * The largest singular value of a weight, by power iteration that goes on from step to step
 * (Yoshida & Miyato 2017, arXiv:1705.10941).
 *
 *   v ← W u / ‖W u‖,   u ← Wᵀ v / ‖Wᵀ v‖,   s = vᵀ W u
 *
 * With u and v held constant, the gradient of s with respect to W is v uᵀ.
 */
import type { Draws, Initialiser, Tensor } from '../tensor/index.js';
import { gaussian } from './initialisers.js';
import type { Scope } from './scope.js';

export interface SpectralNormOptions {
  /** Iterations at every step. @default 4 */
  iterations?: number;
  /** Where u begins: best near where it will end, see `leadingVector`. @default a random direction */
  start?: Initialiser;
}

const EPSILON = 1e-12;

/**
 * @param weight [...kernel, channels, filters], seen as a matrix [kernel · channels, filters]
 * @param scope  keeps u, the filters' side, between steps of training
 * @returns      scalar; from a random start too small for the first few steps
 */
export function spectralNorm(
  weight: Tensor,
  scope: Scope,
  { iterations = 4, start = gaussian(1) }: SpectralNormOptions = {},
): Tensor {
  const filters = weight.shape[weight.rank - 1];
  const matrix = weight.reshape([-1, filters]);
  const constant = matrix.stopGradient();
  const kept = scope.variable('u', [filters], start, { trainable: false });
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

/**
 * u of a matrix of numbers [rows, filters] after so many power iterations from a random direction: where a weight's own u
 * begins, if it is to have the right norm from the first step on.
 */
export function leadingVector(
  matrix: ArrayLike<number>,
  filters: number,
  iterations: number,
  draws: Pick<Draws, 'normal'>,
): Float64Array {
  const rows = matrix.length / filters;
  let u = Float64Array.from(draws.normal(filters));
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next = new Float64Array(filters);
    for (let row = 0; row < rows; row++) {
      let v = 0;
      for (let j = 0; j < filters; j++) v += matrix[row * filters + j] * u[j];
      for (let j = 0; j < filters; j++) next[j] += matrix[row * filters + j] * v;
    }
    const length = Math.hypot(...next);
    // Of a matrix of zeros every direction is as good.
    if (length === 0) return u;
    u = next.map((value) => value / length);
  }
  return u;
}
