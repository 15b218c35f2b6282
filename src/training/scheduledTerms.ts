/** The terms of an objective as a step pays for them: with annealed weights and free bits. */
import {
  KL,
  OptionError,
  RECONSTRUCTION,
  type Terms,
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

type TermSchedule = Pick<TrainingOptions, 'klWarmup' | 'klCycles' | 'freeBits'>;

/**
 * @param step  float32 scalar
 * @param total steps of the run
 */
export function scheduledTerms(
  terms: Terms,
  training: TermSchedule,
  step: Tensor,
  total: number,
): Record<string, ScheduledTerm> {
  const multiplier = klMultiplierAt(step, training, total);
  const scheduled = Object.entries(terms).map(([name, given]): [string, ScheduledTerm] => {
    const term = toWeighted(given);
    const mean = term.value.mean();
    const weight = isAnnealed(name, term) ? multiplier.mul(term.weight) : constant(term.weight);
    return [
      name,
      {
        mean,
        paid: withFreeBits(term, training.freeBits) ?? mean,
        weight: term.ramp ? term.ramp.mul(weight) : weight,
      },
    ];
  });
  return Object.fromEntries(scheduled);
}

/** Whether it is a part of the bound that competes with the reconstruction: what warm-up is for. */
const isCompeting = (name: string, { role, isFixed }: WeightedTerm) =>
  role === 'bound' && name !== RECONSTRUCTION && !isFixed;

const isAnnealed = (name: string, term: WeightedTerm) => isCompeting(name, term) && !term.ramp;

/** Σ_j max(λ, mean over the batch of KL_j). Kingma et al. 2016 (arXiv:1606.04934), eq. 15. */
function withFreeBits({ coordinates }: WeightedTerm, freeBits: number): Tensor | undefined {
  if (freeBits === 0) return undefined;
  return coordinates?.mean(0).max(freeBits).sum();
}

/**
 * @param terms of all objectives of a model
 * @param ramps names of the model's own schedules
 * @throws OptionError naming an option about the KL term that changes nothing
 */
export function requireEffect(
  terms: readonly Terms[],
  { klWarmup, klCycles, freeBits }: TermSchedule,
  ramps: readonly string[] = [],
): void {
  const all = terms
    .flatMap((each) => Object.entries(each))
    .map(([name, term]) => [name, toWeighted(term)] as const);
  const refuse = (option: string, because = 'this system has no KL term') => {
    throw new OptionError(option, `has no effect: ${because}; leave it out`);
  };
  const option = klWarmup > 0 ? 'klWarmup' : klCycles > 0 ? 'klCycles' : undefined;
  if (option) {
    if (all.some(([name, term]) => isCompeting(name, term) && term.ramp))
      refuse(option, `this system has a schedule of its own (${ramps.join(', ')})`);
    if (!all.some(([name, term]) => isAnnealed(name, term))) refuse(option);
  }
  if (freeBits === 0 || all.some(([, { coordinates, weight }]) => coordinates && weight !== 0)) return;
  if (!all.some(([name, { weight }]) => name === KL && weight !== 0)) refuse('freeBits');
  throw new OptionError('freeBits', 'needs a KL term in closed form, and this system has none; leave it out');
}
