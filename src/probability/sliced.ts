/**
 * The sliced Wasserstein distance of two samples of n points: along a line, optimal transport pairs the points by rank.
 *
 *   1/(L n) Σ_l Σ_i | (θ_lᵀ x)_[i] − (θ_lᵀ y)_[i] |^p,   θ_l uniform on the sphere, [i] the i-th smallest of the n
 *
 * This is the p-th power of the distance. Source: Kolouri et al., ICLR 2019, arXiv:1804.01947, eq. 12 and algorithm 1.
 */
import { randomNormal, ShapeError, sameShape, show, sort, type Tensor } from '../tensor/index.js';

export interface SlicedOptions {
  /** L: directions drawn at every step. */
  projections: number;
  /** @default 2 */
  p?: number;
  /** Random stream of the directions. @default 'projections' */
  stream?: string;
}

/** A row with this squared norm would be no direction at all; normal draws do not come near it. */
const SMALLEST_SQUARE = 1e-30;

/** Directions uniform on the unit sphere, [count, d]: normal vectors, which favour none, at length 1. */
export function sphereDirections(stream: string, count: number, d: number): Tensor {
  const g = randomNormal(stream, [count, d]);
  return g.div(g.square().sum(1, { keepDims: true }).max(SMALLEST_SQUARE).sqrt());
}

/**
 * The distance above, a scalar. Gradients go to the points by their ranks, 2/(L n) Σ_l θ_l · (difference at its rank)
 * at p = 2.
 *
 * @param x [n, d]
 * @param y [n, d]
 * @throws ShapeError if the samples differ in shape: ranks pair points only where there are equally many
 */
export function slicedDistance(
  x: Tensor,
  y: Tensor,
  { projections, p = 2, stream = 'projections' }: SlicedOptions,
): Tensor {
  if (x.rank !== 2 || !sameShape(x.shape, y.shape)) {
    const got = `got ${show(x.shape)} and ${show(y.shape)}`;
    throw new ShapeError('slicedDistance', `both samples must be [n, d] with one n and one d; ${got}`);
  }
  const directions = sphereDirections(stream, projections, x.shape[1]);
  /** [projections, n], each row in order. */
  const ordered = (points: Tensor) => sort(directions.matmul(points.swapLastAxes())).values;
  return power(ordered(x).sub(ordered(y)), p).mean();
}

/** |t|^p, with the derivative 0 at t = 0 that a logarithm inside a power would lose. */
function power(t: Tensor, p: number): Tensor {
  if (p === 1) return t.abs();
  if (p === 2) return t.square();
  const isZero = t.equal(0);
  return isZero.where(0, isZero.where(1, t.abs()).pow(p));
}
