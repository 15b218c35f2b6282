/** Schedules of systems: quantities that change over the steps of a training and stand at their end in evaluation. */
import type { Scope } from '../nn/index.js';
import { constant, type Tensor } from '../tensor/index.js';

export interface RampOptions {
  /** What rises, as in a sentence: `capacity`. */
  readonly name: string;
  /** Steps, or below 1 a fraction of the run. */
  readonly length: number;
  /** Value at step 0. @default 0 */
  readonly from?: number;
}

/**
 * A number that moves in a line from its start, which it has at step 0, to 1, and stays there; 1 in evaluation.
 * Float32 scalar.
 */
export function ramp(scope: Scope, { name, length, from = 0 }: RampOptions): Tensor {
  const { clock } = scope;
  if (!clock) return constant(1);
  const end = inSteps(length, clock.totalSteps);
  if (end === 0) return constant(1);
  scope.addRamp({ name, end });
  const progress = clock.step.div(end).min(1);
  return from === 0 ? progress : progress.mul(1 - from).add(from);
}

/** Steps meant by an option that may be a fraction of the run. */
export function inSteps(value: number, total: number): number {
  return value < 1 ? Math.round(value * total) : value;
}

export interface AnnealingOptions {
  readonly from: number;
  /** The lowest value. */
  readonly to: number;
  /** r of e^(−r t) at step t. */
  readonly rate: number;
  /** Steps between two changes. @default 1 */
  readonly every?: number;
}

/** max(to, from · e^(−r t)) at the number t of the step, as it was at the last change; float32 scalar. */
export function annealed(scope: Scope, { from, to, rate, every = 1 }: AnnealingOptions): Tensor {
  const { clock } = scope;
  if (!clock) return constant(to);
  const changed = clock.step.div(every).floor().mul(every);
  return changed.mul(-rate).exp().mul(from).max(to);
}
