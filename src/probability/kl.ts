/** Kullback-Leibler divergences KL(q ‖ p), in nats. */
import type { Tensor } from '../tensor/index.js';
import { Bernoulli } from './bernoulli.js';
import { type Distribution, type Reparameterised, sumEvent } from './distribution.js';
import { DiagonalNormal } from './normal.js';

/**
 * Each coordinate's own divergence, [...batch, ...event], for pairs of one family with independent coordinates:
 *
 *   normal      ½ [ log v_p/v_q + (v_q + (m_q − m_p)²) / v_p − 1 ]
 *   Bernoulli   π_q (ℓ_q − ℓ_p) + softplus(ℓ_p) − softplus(ℓ_q)
 *
 * `undefined` where no closed form exists.
 */
export function klPerDimension(q: Distribution, p: Distribution): Tensor | undefined {
  if (q instanceof DiagonalNormal && p instanceof DiagonalNormal) {
    const ratio = q.logVar.sub(p.logVar);
    const distance = q.mean.sub(p.mean).square().mul(p.logVar.neg().exp());
    return ratio.exp().add(distance).sub(ratio).sub(1).mul(0.5);
  }
  if (q instanceof Bernoulli && p instanceof Bernoulli) {
    return q.mean.mul(q.logits.sub(p.logits)).add(p.logits.softplus()).sub(q.logits.softplus());
  }
  return undefined;
}

/**
 * KL(q ‖ p), [...batch]: in closed form where one exists, else E_q[log q(z) − log p(z)] by one reparameterised draw.
 *
 * @throws Error if there is neither a closed form nor a reparameterised draw of q
 */
export function kl(q: Distribution, p: Distribution): Tensor {
  const coordinates = klPerDimension(q, p);
  if (coordinates) return sumEvent(coordinates, q.eventRank);
  if (!('rsample' in q))
    throw new Error(`kl: no closed form for ${q.constructor.name} against ${p.constructor.name}`);
  return sampledKl(q as Reparameterised, p, (q as Reparameterised).rsample());
}

/** log q(z) − log p(z) at a draw z of q: an unbiased estimate of KL(q ‖ p), [...batch]. */
export function sampledKl(q: Distribution, p: Distribution, z: Tensor): Tensor {
  return q.logProb(z).sub(p.logProb(z));
}
