/** Kullback-Leibler divergences KL(q ‖ p), in nats. */
import { logSoftmax, type Tensor } from '../tensor/index.js';
import { Bernoulli } from './bernoulli.js';
import { Categorical } from './categorical.js';
import { type Distribution, type Reparameterised, requireEvent, sumEvent } from './distribution.js';
import { DiagonalNormal } from './normal.js';

/**
 * Each coordinate's own divergence, [...batch, ...event], for pairs of one family with independent coordinates:
 *
 *   normal      ½ [ log v_p/v_q + (v_q + (m_q − m_p)²) / v_p − 1 ]
 *   Bernoulli   π_q (ℓ_q − ℓ_p) + softplus(ℓ_p) − softplus(ℓ_q)
 *   categorical Σ_k π_q,k (log π_q,k − log π_p,k)
 *
 * `undefined` where no closed form exists.
 *
 * @throws ShapeError if the two are over events of different shapes
 */
export function klPerDimension(q: Distribution | Categorical, p: object): Tensor | undefined {
  if (q instanceof DiagonalNormal && p instanceof DiagonalNormal) {
    requireEvent('kl', p.mean.shape, q.mean, q.eventRank);
    const ratio = q.logVar.sub(p.logVar);
    const distance = q.mean.sub(p.mean).square().mul(p.logVar.neg().exp());
    return ratio.exp().add(distance).sub(ratio).sub(1).mul(0.5);
  }
  if (q instanceof Bernoulli && p instanceof Bernoulli) {
    requireEvent('kl', p.logits.shape, q.logits, q.eventRank);
    return q.mean.mul(q.logits.sub(p.logits)).add(p.logits.softplus()).sub(q.logits.softplus());
  }
  if (q instanceof Categorical && p instanceof Categorical) {
    requireEvent('kl', p.logits.shape, q.logits, q.eventRank + 1);
    return q.probs.mul(logSoftmax(q.logits).sub(logSoftmax(p.logits))).sum(-1);
  }
  return undefined;
}

/**
 * KL(q ‖ p), [...batch]: in closed form where one exists, else E_q[log q(z) − log p(z)] by one reparameterised draw.
 *
 * @throws Error if there is neither a closed form nor a reparameterised draw of q
 */
export function kl(q: Distribution | Categorical, p: Distribution | Categorical): Tensor {
  const coordinates = klPerDimension(q, p);
  if (coordinates) return sumEvent(coordinates, q.eventRank);
  const own = 'klTo' in q ? q.klTo?.(p) : undefined;
  if (own) return own;
  if (!isReparameterised(q) || p instanceof Categorical)
    throw new Error(`kl: no closed form for ${q.constructor.name} against ${p.constructor.name}`);
  return sampledKl(q, p, q.rsample());
}

function isReparameterised(q: Distribution | Categorical): q is Reparameterised {
  return 'rsample' in q;
}

/** log q(z) − log p(z) at a draw z of q: an unbiased estimate of KL(q ‖ p), [...batch]. */
export function sampledKl(q: Distribution, p: Distribution, z: Tensor): Tensor {
  return q.logProb(z).sub(p.logProb(z));
}
