/** The terms of an objective as a step pays for them: with annealed weights and free bits. */
import { klPerDimension } from '../probability/index.js';
import {
  type Batch,
  KL,
  type Model,
  OptionError,
  RECONSTRUCTION,
  toWeighted,
  type WeightedTerm,
} from '../systems/index.js';
import { constant, type Tensor } from '../tensor/index.js';
import type { TrainingOptions } from './options.js';
import { klMultiplierAt } from './schedules.js';

export interface ScheduledTerm {
  /** Mean over the batch: what is reported. */
  readonly mean: Tensor;
  /** What is minimised in its place: the same, but for free bits. */
  readonly paid: Tensor;
  /** Weight at this step. */
  readonly weight: Tensor;
}

/**
 * @param step  float32 scalar
 * @param total steps of the run
 * @throws OptionError if an option is about a KL term and the objective has none
 */
export function scheduledTerms(
  model: Model,
  batch: Batch,
  training: TrainingOptions,
  step: Tensor,
  total: number,
): Record<string, ScheduledTerm> {
  const terms = Object.entries(model.objective(batch)).map(([name, term]) => {
    return [name, toWeighted(term)] as const;
  });
  requireEffect(terms, training);
  const multiplier = klMultiplierAt(step, training, total);
  const scheduled = terms.map(([name, term]): [string, ScheduledTerm] => {
    const { value, weight } = term;
    const mean = value.mean();
    const hasFreeBits = name === KL && training.freeBits > 0;
    return [
      name,
      {
        mean,
        paid: hasFreeBits ? withFreeBits(model, batch, training.freeBits) : mean,
        weight: isAnnealed(name, term) ? multiplier.mul(weight) : constant(weight),
      },
    ];
  });
  return Object.fromEntries(scheduled);
}

/** Warm-up is for the parts of the bound that compete with the reconstruction. */
const isAnnealed = (name: string, { role }: WeightedTerm) => role === 'bound' && name !== RECONSTRUCTION;

function requireEffect(
  terms: readonly (readonly [string, WeightedTerm])[],
  { klWarmup, klCycles, freeBits }: TrainingOptions,
): void {
  const refuse = (option: string) => {
    throw new OptionError(option, 'has no effect: this system has no KL term; leave it out');
  };
  if (!terms.some(([name, term]) => isAnnealed(name, term))) {
    if (klWarmup > 0) refuse('klWarmup');
    if (klCycles > 0) refuse('klCycles');
  }
  if (freeBits > 0 && !terms.some(([name]) => name === KL)) refuse('freeBits');
}

/** Σ_j max(λ, mean over the batch of KL_j). Kingma et al. 2016 (arXiv:1606.04934), eq. 15. */
function withFreeBits(model: Model, batch: Batch, freeBits: number): Tensor {
  const q = model.posterior?.(batch);
  const p = model.prior?.(batch.x.shape[0], batch.labels);
  const coordinates = q && p && klPerDimension(q, p);
  if (coordinates) return coordinates.mean(0).max(freeBits).sum();
  throw new OptionError('freeBits', 'needs a KL term in closed form, and this system has none; leave it out');
}
