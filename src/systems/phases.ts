/** Several optimisers in one training: who minimises what, what each may move, and when. */
import type { Scope } from '../nn/index.js';
import type { Tensor } from '../tensor/index.js';
import { OptionError } from './errors.js';
import { inSteps } from './schedules.js';
import type { Batch } from './system.js';
import type { Terms } from './terms.js';

/** Rules that turn gradients into steps. */
export const optimizerNames = ['adam', 'adamw', 'sgd', 'rmsprop', 'adamax'] as const;

/** How a phase moves its variables, where it differs from the run's training options. */
export interface PhaseOptimizer {
  readonly optimizer?: (typeof optimizerNames)[number];
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Which variables, by path. */
export type Moves = (path: string) => boolean;

/** Variables at or below one of the scopes. */
export function only(...scopes: readonly Scope[]): Moves {
  return (path) => scopes.some((scope) => path === scope.path || path.startsWith(`${scope.path}.`));
}

/** All other variables. */
export function allBut(...scopes: readonly Scope[]): Moves {
  const those = only(...scopes);
  return (path) => !those(path);
}

export interface Phase {
  /** Names its moments and its terms: `discriminator`. No two phases of a model share one. */
  readonly name: string;
  readonly moves: Moves;
  objective(batch: Batch): Terms;
  readonly optimizer?: PhaseOptimizer;
  /** Every n-th step of the stage, the first included. @default 1 */
  readonly every?: number;
  /** Bool scalar: whether this step's update is made. Where it is not, moments, count and averages rest as well. */
  when?(batch: Batch): Tensor;
}

type Phases = readonly [Phase, ...Phase[]];

/** Phases that take turns within every step, for some part of the run. */
export interface Stage {
  readonly name: string;
  /** Steps, or below 1 a fraction of the run. What is left of the run belongs to the last stage, which has none. */
  readonly length?: number;
  /**
   * together: all gradients are taken at the values with which the step begins, and of the same draws;
   * inTurn: each phase sees the updates before it, and draws noise of its own.
   */
  readonly order: 'together' | 'inTurn';
  readonly phases: Phases;
}

export function together(...phases: Phases): Stage {
  return { name: 'training', order: 'together', phases };
}

export function inTurn(...phases: Phases): Stage {
  return { name: 'training', order: 'inTurn', phases };
}

/** A stage of a training that has several. */
export function stage(name: string, length: number | undefined, ...phases: Phases): Stage {
  return { name, length, order: 'together', phases };
}

/**
 * Ends of the stages of a run, in steps.
 *
 * @throws OptionError if the run is too short for a step of each
 */
export function stageEnds(stages: readonly Stage[], totalSteps: number): number[] {
  let end = 0;
  const ends = stages.map(({ length }, i) => {
    end = i === stages.length - 1 || length === undefined ? totalSteps : end + inSteps(length, totalSteps);
    return end;
  });
  const isTooShort = ends.some((each, i) => each <= (ends[i - 1] ?? 0));
  if (!isTooShort && end === totalSteps) return ends;
  const names = stages.map(({ name }) => name).join(', ');
  throw new OptionError(
    'steps',
    `a run of ${totalSteps} steps has no step for each of its stages (${names}); train longer`,
  );
}
