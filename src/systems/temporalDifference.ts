/**
 * What a jump from time t1 to a later t2 says about the states z1 and z2 of a sequence, in nats per sample. The bound
 *
 *   J = E[ log p_D(x_t2|z2) + log p_B(z1|b_t1) + log p_T(z2|z1) − log p_B(z2|b_t2) − log p_S(z1|z2, b_t1, b_t2) ]
 *
 * with z2 ~ p_B(.|b_t2) and then z1 ~ p_S is maximised; the terms of −J, to be minimised, are
 *
 *   reconstruction   −log p_D(x_t2|z2)
 *   smoothing        KL(p_S ‖ p_B(.|b_t1)), in closed form given the layers above, or log p_S − log p_B at the draw
 *   prediction       log p_B(z2|b_t2) − log p_T(z2|z1), at the draws
 *
 * J ≤ log p(x_t2|x_≤t1). It is tight only from one time to the next and with exact distributions: what was seen between
 * t1 and t2 tells b_t2 more than the bound can pay back. Gradients reach all distributions, and z2 is not held fixed.
 *
 * Source: Gregor et al. 2019 (arXiv:1806.03107), eq. 4 to 6. The paper calls J a loss; it is maximised.
 */
import { type DiagonalNormal, klPerDimension, type NormalChain } from '../probability/index.js';
import { concat, type Tensor } from '../tensor/index.js';
import { type Term, weighted } from './terms.js';

/** Distributions of states, whose layers lie from the top; codes go by layer, [batch, d_l] each. */
export interface Jump {
  /** p_B(z|b_t1). */
  readonly earlier: NormalChain;
  /** p_B(z|b_t2). */
  readonly later: NormalChain;
  /** p_S(z1|z2, b_t1, b_t2). */
  smoothing(z2: readonly Tensor[]): NormalChain;
  /** p_T(z2|z1). */
  transition(z1: readonly Tensor[]): NormalChain;
  /** −log p_D(x_t2|z2), [batch]. */
  nll(z2: readonly Tensor[]): Tensor;
}

export type JumpTerms = Record<'reconstruction' | 'smoothing' | 'prediction', Term>;

/** @param form of the smoothing term: sampled, the terms of one draw add up to −J itself */
export function jumpTerms(
  { earlier, later, smoothing, transition, nll }: Jump,
  form: 'analytic' | 'sampled' = 'analytic',
): JumpTerms {
  const { codes: z2, conditionals: beliefs } = later.draw({ stream: 'later state' });
  const { codes: z1, conditionals: smoothed } = smoothing(z2).draw({ stream: 'earlier state' });
  const believed = earlier.conditionals(z1);
  const coordinates = concat(smoothed.flatMap((q, layer) => klPerDimension(q, believed[layer]) ?? []));
  const moved = transition(z1).conditionals(z2);
  return {
    reconstruction: nll(z2),
    smoothing:
      form === 'analytic'
        ? weighted(1, coordinates.sum(-1), { coordinates })
        : logRatio(smoothed, believed, z1),
    prediction: logRatio(beliefs, moved, z2),
  };
}

/** log q(z) − log p(z), summed over the layers, [batch]. */
function logRatio(q: readonly DiagonalNormal[], p: readonly DiagonalNormal[], z: readonly Tensor[]): Tensor {
  return z
    .map((code, layer) => q[layer].logProb(code).sub(p[layer].logProb(code)))
    .reduce((sum, term) => sum.add(term));
}
