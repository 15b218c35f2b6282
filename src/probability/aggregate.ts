/**
 * The aggregate posterior q(z) = 1/N Σ_n q(z|x_n) and its marginals, estimated from one batch of B out of N samples:
 *
 *   log q̂(z_i) = log Σ_j W_ij q(z_i|x_j)
 *
 *   mss       W_ii = 1/N, W_ij = (N − 1) / (N (B − 1)): unbiased, exact at B = N
 *   mssPaper  W_ii = 1/N, one other column (B = M + 1) (N − M) / (N M), the rest 1/M: unbiased over the order of the batch
 *   mws       W_ij = 1 / (N B): low by about log N, for the joint and for every marginal
 *
 * Source: Chen et al. 2018, §3.1 and appendix C (arXiv:1802.04942); `mss` is the estimator of Esmaeili et al. 2019
 * (arXiv:1804.02086). The released code of the former writes its special weights with a stride of B instead of B + 1
 * and so beside the diagonal; here they are where the paper's text has them. At B = N, `mssPaper` still weighs its
 * columns unequally and is exact only in the mean.
 */
import { fill, iota, logSumExp, split, stack, type Tensor } from '../tensor/index.js';
import type { Distribution } from './distribution.js';
import { DiagonalNormal } from './normal.js';

export const aggregateEstimators = ['mss', 'mssPaper', 'mws'] as const;
export type AggregateEstimator = (typeof aggregateEstimators)[number];

/**
 * log q(z_i,l | x_j), nats, [i, j, l].
 *
 * Gradients reach the parameters of every x_j as well as z: without them the sum's derivative is another one.
 *
 * @param z [i, latent]
 * @param q posteriors of the samples j, [j, latent]
 */
export function pairwiseLogDensity(z: Tensor, q: DiagonalNormal): Tensor {
  const parameters = { mean: q.mean.expandDims(0), logVar: q.logVar.expandDims(0) };
  return new DiagonalNormal({ ...parameters, eventRank: 0 }).logProb(z.expandDims(1));
}

/**
 * log W, [batch, batch]. Rows of W sum to 1, those of `mws` to 1/N. A batch of one weighs 1: there is nothing else that
 * its sample could be told from.
 *
 * @param size N, the number of training samples
 * @throws RangeError if the batch is larger than N
 */
export function logWeightsOf(estimator: AggregateEstimator, batch: number, size: number): Tensor {
  if (batch > size) throw new RangeError(`logWeightsOf: a batch of ${batch} is no part of ${size} samples`);
  const shape = [batch, batch];
  if (batch === 1) return fill(shape, 0);
  if (estimator === 'mws') return fill(shape, -Math.log(size * batch));
  const row = iota(shape, 0);
  const column = iota(shape, 1);
  const own = row.equal(column);
  const others = batch - 1;
  if (estimator === 'mss') return own.where(-Math.log(size), Math.log((size - 1) / (size * others)));
  // Each row's special column is the one after its own, and the last row's the first.
  const next = column.sub(row).equal(1).or(row.sub(column).equal(others));
  return own.where(
    -Math.log(size),
    next.where(Math.log((size - others) / (size * others)), -Math.log(others)),
  );
}

/**
 * log q̂(z_i), nats, of what each last entry of `densities` is the density of: [i, j, n] → [i, n].
 *
 * Coordinates that are meant together must be added up before: Σ_l log q̂(z_l) is another number than log q̂(z).
 *
 * @param densities log q(z_i | x_j), [i, j, n]
 * @param logWeights [i, j]
 */
export function aggregateLogDensity(densities: Tensor, logWeights: Tensor): Tensor {
  return logSumExp(densities.add(logWeights.expandDims(-1)), 1);
}

export interface AggregateOptions {
  readonly estimator: AggregateEstimator;
  /** N, the number of training samples. */
  readonly size: number;
  /** How many coordinates each group has, one group after the other. @default every coordinate alone */
  readonly groups?: readonly number[];
}

/** Parts of log q(z|x) − log p(z), nats, each [batch]: they add up to it with every estimator. */
export interface KlParts {
  /** log q(z|x) − log q̂(z): what a code tells about which sample it is of. */
  readonly mutualInformation: Tensor;
  /** log q̂(z) − Σ_g log q̂(z^g): what the groups tell about one another. */
  readonly totalCorrelation: Tensor;
  /** Σ_g [log q̂(z^g) − Σ_{j∈g} log q̂(z_j)]: what coordinates of one group tell about one another. */
  readonly withinGroups: Tensor;
  /** Σ_j log q̂(z_j) − log p(z). */
  readonly dimensionWiseKl: Tensor;
}

/**
 * Takes log q(z|x) − log p(z) apart at a draw z of q. The prior's coordinates must be independent: those of N(0, I)
 * leave nothing of Esmaeili's log p(z) − Σ_g log p(z^g).
 *
 * @param z [batch, latent]
 * @param q the batch's posteriors, of which z is a draw
 * @throws ShapeError if the groups do not add up to the coordinates
 */
export function decompose(
  z: Tensor,
  q: DiagonalNormal,
  p: Distribution,
  { estimator, size, groups }: AggregateOptions,
): KlParts {
  const logWeights = logWeightsOf(estimator, z.shape[0], size);
  const pairs = pairwiseLogDensity(z, q);
  const joint = aggregateLogDensity(pairs.sum(-1, { keepDims: true }), logWeights).sum(-1);
  const coordinates = aggregateLogDensity(pairs, logWeights).sum(-1);
  const byGroup =
    groups &&
    stack(
      split(pairs, groups).map((group) => group.sum(-1)),
      -1,
    );
  const grouped = byGroup ? aggregateLogDensity(byGroup, logWeights).sum(-1) : coordinates;
  return {
    mutualInformation: q.logProb(z).sub(joint),
    totalCorrelation: joint.sub(grouped),
    withinGroups: grouped.sub(coordinates),
    dimensionWiseKl: coordinates.sub(p.logProb(z)),
  };
}
