/**
 * The terms of an objective. A term is one number per sample, [batch], summed over the sample's own dimensions and
 * never averaged over them; or a scalar, for what only a whole batch has. The trainer averages the per-sample terms
 * over the batch and adds everything up.
 */
import { type DiagonalNormal, kl, klPerDimension } from '../probability/index.js';
import type { Tensor } from '../tensor/index.js';

export interface WeightedTerm {
  readonly value: Tensor;
  readonly weight: number;
  /**
   * `bound`: a part of −ELBO that the system reweights; evaluation takes it at weight 1, and warm-up anneals it.
   * `penalty`: an addition to the bound; it keeps its weight wherever the objective is evaluated.
   */
  readonly role: 'bound' | 'penalty';
  /** Multiplies the weight in training, and only there: float32 scalar. */
  readonly ramp?: Tensor;
  /** The term by coordinate or group, [batch, n], before the sum: what free bits count. */
  readonly coordinates?: Tensor;
  /** Whether there is nothing in it to anneal: warm-up and cycles of the run leave it alone. */
  readonly isFixed?: boolean;
  /** What one has to know to compare its number with another, where that is not plain. */
  readonly note?: string;
}

export type TermExtras = Pick<WeightedTerm, 'ramp' | 'coordinates' | 'note'>;

/** A plain tensor is a part of the bound at weight 1. */
export type Term = Tensor | WeightedTerm;
export type Terms = Readonly<Record<string, Term>>;

/** weight · value, a reweighted part of the bound such as β KL. */
export function weighted(weight: number, value: Tensor, extras: TermExtras = {}): WeightedTerm {
  return { value, weight, role: 'bound', ...extras };
}

/** weight · KL(q ‖ p) in closed form, with its coordinates. */
export function klTerm(weight: number, q: DiagonalNormal, p: DiagonalNormal): WeightedTerm {
  return weighted(weight, kl(q, p), { coordinates: klPerDimension(q, p) });
}

/** weight · value, added to the bound. */
export function penalty(weight: number, value: Tensor, extras: TermExtras = {}): WeightedTerm {
  return { value, weight, role: 'penalty', ...extras };
}

/** The whole bound in one number per sample, as an importance-weighted one is: nothing in it can be annealed. */
export function bound(value: Tensor): WeightedTerm {
  return { value, weight: 1, role: 'bound', isFixed: true };
}

/** A part of the bound that is reported and scored but not paid for: another term stands for it in training. */
export function reported(value: Tensor): WeightedTerm {
  return { value, weight: 0, role: 'bound', isFixed: true };
}

export function toWeighted(term: Term): WeightedTerm {
  return 'role' in term ? term : weighted(1, term);
}

/** The term that warm-up and other schedules of the bound leave alone: how well a sample is explained by its code. */
export const RECONSTRUCTION = 'reconstruction';
/** KL(q(z|x) ‖ p(z)), the term that free bits are about. */
export const KL = 'kl';
