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

/** Why a schedule of the run's has nothing to move in any of the objectives of a model; undefined where it has. */
function nothingToAnneal(all: readonly NamedTerm[], ramps: readonly string[]): string | undefined {
  if (all.some(([name, term]) => isCompeting(name, term) && term.ramp))
    return `this system has a schedule of its own (${ramps.join(', ')})`;
  return all.some(([name, term]) => isAnnealed(name, term)) ? undefined : NO_KL;
}

/** Why free bits change nothing in any of them; undefined where they do. */
function nothingToFree(all: readonly NamedTerm[]): string | undefined {
  if (all.some(([, { coordinates, weight }]) => coordinates && weight !== 0)) return undefined;
  const hasKl = all.some(([name, { weight }]) => name === KL && weight !== 0);
  return hasKl ? 'they need a KL term in closed form, and this system has none' : NO_KL;
}

const NO_KL = 'this system has no KL term';

type NamedTerm = readonly [name: string, term: WeightedTerm];

const namedTerms = (objectives: readonly Terms[]): NamedTerm[] =>
  objectives.flatMap((terms) =>
    Object.entries(terms).map(([name, term]) => [name, toWeighted(term)] as const),
  );

/**
 * What may help against codes that carry nothing, of what these objectives have to offer and the run does not do yet.
 *
 * @param objectives of all phases of a model
 */
export function collapseRemedies(
  objectives: readonly Terms[],
  { klWarmup, klCycles, freeBits }: TermSchedule,
  ramps: readonly string[] = [],
): string[] {
  const all = namedTerms(objectives);
  const isAnnealing = klWarmup > 0 || klCycles > 0;
  const heavy = all.filter(([name, term]) => isCompeting(name, term) && term.weight > 1);
  return [
    ...(isAnnealing || nothingToAnneal(all, ramps) ? [] : ['a KL warm-up over 0.3 of the run']),
    ...(freeBits > 0 || nothingToFree(all) ? [] : ['free bits of 0.1']),
    ...heavy.map(([name, { weight }]) => `a weight of ${name} below ${weight}`),
    'a weaker decoder',
    'a longer run',
  ];
}

/**
 * @param objectives of all phases of a model
 * @param ramps names of the model's own schedules
 * @throws OptionError naming an option about the KL term that changes nothing
 */
export function requireEffect(
  objectives: readonly Terms[],
  { klWarmup, klCycles, freeBits }: TermSchedule,
  ramps: readonly string[] = [],
): void {
  const all = namedTerms(objectives);
  const require = (option: string, problem: string | undefined) => {
    if (problem) throw new OptionError(option, `has no effect: ${problem}; leave it out`);
  };
  if (klWarmup > 0) require('klWarmup', nothingToAnneal(all, ramps));
  if (klCycles > 0) require('klCycles', nothingToAnneal(all, ramps));
  if (freeBits > 0) require('freeBits', nothingToFree(all));
}
