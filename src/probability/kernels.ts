/**
 * Kernels of squared distances, and the maximum mean discrepancy of two samples that they define:
 *
 *   MMD²(X, Y) = 1/(n(n−1)) Σ_{i≠j} k(x_i, x_j) + 1/(m(m−1)) Σ_{i≠j} k(y_i, y_j) − 2/(nm) Σ_{i,j} k(x_i, y_j)
 *
 * Source: Gretton et al., JMLR 13, 2012, eq. 3; the kernels are those of Tolstikhin et al., ICLR 2018,
 * arXiv:1711.01558.
 */
import { constant, iota, ShapeError, show, sort, type Tensor } from '../tensor/index.js';

/** From squared distances to similarities, elementwise. */
export type Kernel = (squared: Tensor) => Tensor;

/** ‖x_i − y_j‖², summed over coordinates and never below 0: [n, d], [m, d] → [n, m]. */
export function squaredDistances(x: Tensor, y: Tensor): Tensor {
  requireSamples('squaredDistances', x, y);
  const squares = x.square().sum(1).expandDims(1).add(y.square().sum(1));
  return squares.sub(x.matmul(y.swapLastAxes()).mul(2)).max(0);
}

/** exp(−‖x − y‖² / 2ℓ²). */
export function rbf(bandwidthSquared: number | Tensor): Kernel {
  return (squared) => squared.div(bandwidthSquared).mul(-0.5).exp();
}

/** The inverse multiquadratic C / (C + ‖x − y‖²), whose tails reach codes that are far away. */
export function imq(c: number | Tensor): Kernel {
  return (squared) => constant(1).div(squared.div(c).add(1));
}

/** The sum, not the mean, of a family's kernels at each scale times a width. */
export function multiScaleKernel(
  family: (width: number | Tensor) => Kernel,
  scales: readonly number[],
  width: number | Tensor,
): Kernel {
  const kernels = scales.map((scale) => family(typeof width === 'number' ? scale * width : width.mul(scale)));
  return (squared) => kernels.map((kernel) => kernel(squared)).reduce((a, b) => a.add(b));
}

/**
 * The unbiased estimate of MMD² above, a scalar. Its mean is 0 where the distributions are equal, so it is negative
 * about half of the time there; clamping it would put a floor of noise under what is minimised.
 *
 * @param x [n, d]
 * @param y [m, d]
 * @throws ShapeError if there are not two samples or more on either side, of as many coordinates
 */
export function mmd(x: Tensor, y: Tensor, kernel: Kernel): Tensor {
  requireSamples('mmd', x, y);
  if (Math.min(x.shape[0], y.shape[0]) < 2) {
    const got = `got ${show(x.shape)} and ${show(y.shape)}`;
    throw new ShapeError('mmd', `pairs within a sample need two points or more on either side; ${got}`);
  }
  const within = (points: Tensor) => pairMean(kernel(squaredDistances(points, points)));
  return within(x)
    .add(within(y))
    .sub(kernel(squaredDistances(x, y)).mean().mul(2));
}

/** Mean of what is off the diagonal of a square matrix. */
function pairMean(matrix: Tensor): Tensor {
  const [n] = matrix.shape;
  const isPair = iota([n, 1], 0)
    .equal(iota([1, n], 1))
    .not();
  return isPair
    .where(matrix, 0)
    .sum()
    .mul(1 / (n * (n - 1)));
}

/** Median of ‖x_i − y_j‖² over all pairs, a scalar through which no gradient flows. */
export function medianSquaredDistance(x: Tensor, y: Tensor): Tensor {
  const { values } = sort(squaredDistances(x, y).reshape([-1]));
  const [count] = values.shape;
  const [lower, upper] = [Math.floor((count - 1) / 2), Math.floor(count / 2)];
  return values
    .slice([[lower, upper + 1]])
    .mean()
    .stopGradient();
}

function requireSamples(operation: string, x: Tensor, y: Tensor): void {
  if (x.rank === 2 && y.rank === 2 && x.shape[1] === y.shape[1]) return;
  const got = `got ${show(x.shape)} and ${show(y.shape)}`;
  throw new ShapeError(operation, `samples are [n, d] and [m, d] with one d; ${got}`);
}
