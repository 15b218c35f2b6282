/**
 * Distances between clouds of points without an order, each by a matching that is held constant for the gradient:
 *
 *   Chamfer         Σ_a min_b ‖a − b‖² + Σ_b min_a ‖a − b‖²
 *   earth mover's   min_φ Σ_a ‖a − φ(a)‖, φ one to one
 *
 * summed as written, or each sum divided by its number of points: papers mean one or the other, so it is always said which.
 *
 * Source: Fan, Su & Guibas, CVPR 2017; Achlioptas et al., ICML 2018, §2 (arXiv:1707.02392), who write sums and compute means
 * of the Chamfer distance.
 */
import { concat, constant, iota, type Shape, ShapeError, show, type Tensor } from '../tensor/index.js';

/** Whether the costs of a cloud's points are added up or averaged. */
export type CloudReduction = 'mean' | 'sum';

/** Pairs of points whose distances are in memory at a time: 64 MiB of them. */
const MOST_PAIRS = 2 ** 24;

/** The two halves of a Chamfer distance, [batch] each. */
export interface ChamferHalves {
  /** From the points of the first cloud to their nearest of the second. */
  readonly forward: Tensor;
  /** From the points of the second cloud to their nearest of the first. */
  readonly backward: Tensor;
}

/**
 * The Chamfer distance, [batch]; its gradient is 2 (a − b*) at both ends of each nearest pair (over n for the mean).
 *
 * @param a [batch, n, dimensions]
 * @param b [batch, m, dimensions]
 * @throws ShapeError if they are no batches of clouds in one space
 */
export function chamfer(a: Tensor, b: Tensor, reduction: CloudReduction): Tensor {
  const { forward, backward } = chamferHalves(a, b, reduction);
  return forward.add(backward);
}

/** @throws ShapeError as `chamfer` */
export function chamferHalves(a: Tensor, b: Tensor, reduction: CloudReduction): ChamferHalves {
  requireClouds('chamfer', a, b);
  const [ofA, ofB] = inChunks(a, b, (x, y) => {
    const nearness = squaredDistances(x, y).neg();
    return [nearness.argMax(2), nearness.argMax(1)];
  });
  return {
    forward: reduced(a.sub(pointsAt(b, ofA)).square().sum(2), reduction),
    backward: reduced(b.sub(pointsAt(a, ofB)).square().sum(2), reduction),
  };
}

export interface EarthMoversOptions {
  readonly reduction: CloudReduction;
  /**
   * How far the mean may be above the least possible one, as a part of (mean distance of all pairs − least one): the last raise
   * of the auction that finds the matching. @default 1e-3
   */
  readonly tolerance?: number;
}

/**
 * The earth mover's distance, [batch]; its gradient is (a − φ(a)) / ‖a − φ(a)‖ (over n for the mean), 0 where the two coincide.
 * Distances are not squared.
 *
 * @param a [batch, n, dimensions]
 * @param b [batch, n, dimensions]
 * @throws ShapeError if they are no batches of clouds of as many points
 */
export function earthMovers(
  a: Tensor,
  b: Tensor,
  { reduction, tolerance = 1e-3 }: EarthMoversOptions,
): Tensor {
  requireClouds('earthMovers', a, b);
  if (a.shape[1] !== b.shape[1]) {
    throw new ShapeError(
      'earthMovers',
      `matches points one to one, but there are ${a.shape[1]} and ${b.shape[1]} of them; use chamfer or sinkhorn`,
    );
  }
  const [columns] = inChunks(a, b, (x, y) => [squaredDistances(x, y).sqrt().assignment(tolerance)]);
  return reduced(lengths(a.sub(pointsAt(b, columns)).square().sum(2)), reduction);
}

/** ‖a_i − b_j‖², [batch, n, m]: exactly 0 for equal points, as ‖a‖² + ‖b‖² − 2 a·b is not. */
export function squaredDistances(a: Tensor, b: Tensor): Tensor {
  const coordinates = Array.from({ length: a.shape[2] }, (_, k) => {
    const of = (x: Tensor) => x.sliceAlong(2, k, k + 1);
    return of(a).sub(of(b).swapLastAxes()).square();
  });
  return coordinates.reduce((sum, each) => sum.add(each));
}

/** √x with gradient 0 at x = 0, where that of the root is infinite. */
export function lengths(squares: Tensor): Tensor {
  const isApart = squares.greater(0);
  return isApart.where(isApart.where(squares, 1).sqrt(), 0);
}

/** @throws ShapeError if these are not two batches of as many clouds in one space */
export function requireClouds(operation: string, a: Tensor, b: Tensor): void {
  const isSame = (axis: number) => a.shape[axis] === b.shape[axis];
  if (a.rank === 3 && b.rank === 3 && isSame(0) && isSame(2)) return;
  const expected = 'needs clouds [batch, n, dimensions] and [batch, m, dimensions]';
  throw new ShapeError(operation, `${expected} but got ${show(a.shape)} and ${show(b.shape)}`);
}

/**
 * Indices that depend on all pairs of a cloud's points, for some clouds at a time; no gradient flows through them.
 *
 * @param f from some of the clouds to int32 [some, ...]
 */
function inChunks(a: Tensor, b: Tensor, f: (a: Tensor, b: Tensor) => readonly Tensor[]): Tensor[] {
  const [batch, n] = a.shape;
  const size = Math.max(1, Math.floor(MOST_PAIRS / (n * b.shape[1])));
  const parts: (readonly Tensor[])[] = [];
  for (let start = 0; start < batch; start += size) {
    const some = (x: Tensor) => x.stopGradient().sliceAlong(0, start, Math.min(batch, start + size));
    parts.push(f(some(a), some(b)));
  }
  return parts[0].map((_, i) =>
    concat(
      parts.map((part) => part[i]),
      0,
    ),
  );
}

/** Points of each cloud [batch, m, dimensions] by their index in it, int32 [batch, n]: [batch, n, dimensions]. */
function pointsAt(cloud: Tensor, indices: Tensor): Tensor {
  const [batch, count, dimensions] = cloud.shape;
  const first: Shape = [batch, 1];
  const rows = indices.add(iota(first, 0).mul(constant(count, 'int32')));
  return cloud.reshape([batch * count, dimensions]).gather(rows);
}

function reduced(costs: Tensor, reduction: CloudReduction): Tensor {
  return reduction === 'sum' ? costs.sum(1) : costs.mean(1);
}
