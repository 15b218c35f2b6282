/**
 * Importance-weighted bounds on log p(x), and estimators of their gradient.
 *
 *   log w_k = log p(x|z_k) + log p(z_k) − log q(z_k|x),   z_k ~ q(z|x)
 *   E log 1/K Σ_k w_k ≤ log p(x),   tighter with every K
 *
 * Source: Burda, Grosse & Salakhutdinov 2016 (arXiv:1509.00519), §3.
 */
import { logMeanExp, type Shape, softmax, type Tensor, vjp } from '../tensor/index.js';
import { type Distribution, sumEvent } from './distribution.js';
import { DiagonalNormal } from './normal.js';

/**
 * What reaches q's parameters φ, with w̃_k = w_k / Σ_j w_j and z_k a function of φ. All else, θ, always receives
 * Σ_k w̃_k ∂log w_k/∂θ.
 *
 *   standard  Σ_k w̃_k  dlog w_k/dφ, the derivative of the bound as it stands
 *   stl       Σ_k w̃_k  ∂log w_k/∂z_k ∂z_k/∂φ; biased for K > 1
 *   dreg      Σ_k w̃_k² ∂log w_k/∂z_k ∂z_k/∂φ; the same in the mean as `standard`, with less noise
 *
 * Sources: Roeder, Wu & Duvenaud 2017 (arXiv:1703.09194); Tucker et al. 2019 (arXiv:1810.04152).
 */
export const importanceGradients = ['standard', 'stl', 'dreg'] as const;
export type ImportanceGradient = (typeof importanceGradients)[number];

export interface ImportanceOptions {
  /** q(z|x), over [batch, ...code]. */
  q: DiagonalNormal;
  /** p(z), over [batch, ...code]. */
  p: Pick<Distribution, 'logProb'>;
  /** −log p(x|z) for codes [...draws, batch, ...code]. */
  nll(z: Tensor): Tensor;
  /** Number of draws per sample along each of the axes in front of the batch. */
  draws: Shape;
  /** @default 'standard' */
  gradient?: ImportanceGradient;
}

export interface ImportanceSamples {
  /** log w, nats, [...draws, batch]. Its gradient reaches q only where the gradient is `standard`. */
  readonly logWeights: Tensor;
  /** log 1/K Σ_k w_k over one axis of the draws, with the gradient asked for. */
  logMeanWeight(axis: number): Tensor;
}

/** log p(x|z) + log p(z) − log q(z|x) at codes z [...draws, batch, ...code], nats, [...draws, batch]. */
export function logWeights(
  { q, p, nll }: Pick<ImportanceOptions, 'p' | 'nll'> & { q: Distribution },
  z: Tensor,
) {
  return p.logProb(z).sub(q.logProb(z)).sub(nll(z));
}

/** Draws codes from q and weighs them. */
export function importanceSamples(options: ImportanceOptions): ImportanceSamples {
  const { q, draws, gradient = 'standard' } = options;
  const count = draws.reduce((product, length) => product * length, 1);
  const drawn = q.rsample({ draws: count }).reshape([...draws, ...q.mean.shape]);
  if (gradient === 'standard') {
    const weights = logWeights(options, drawn);
    return { logWeights: weights, logMeanWeight: (axis) => logMeanExp(weights, axis) };
  }
  const z = drawn.stopGradient();
  const weights = logWeights({ ...options, q: withFixedParameters(q) }, z);
  return {
    logWeights: weights,
    logMeanWeight(axis) {
      const share = softmax(weights, axis).stopGradient();
      const [slope] = vjp([weights], [z], [gradient === 'dreg' ? share.square() : share]);
      const path = sumEvent(slope.stopGradient().mul(drawn), q.eventRank).sum(axis);
      return logMeanExp(weights, axis).add(path.sub(path.stopGradient()));
    },
  };
}

/** q as a density of z alone: no gradient reaches its parameters. */
function withFixedParameters({ mean, logVar, eventRank }: DiagonalNormal): DiagonalNormal {
  return new DiagonalNormal({ mean: mean.stopGradient(), logVar: logVar.stopGradient(), eventRank });
}
