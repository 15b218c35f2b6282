/** The gradients of one phase: what it minimises, and what of that reaches the variables that it moves. */
import type { Scope } from '../nn/index.js';
import type { Batch, Phase, Terms } from '../systems/index.js';
import { constant, grad, type Tensor, type Variable } from '../tensor/index.js';
import { type ScheduledTerm, scheduledTerms } from './scheduledTerms.js';

export interface PhaseGradients {
  readonly terms: Terms;
  readonly scheduled: Readonly<Record<string, ScheduledTerm>>;
  /** The weighted sum that is minimised, scalar. */
  readonly objective: Tensor;
  /** Of what the phase moves, and nothing else. */
  readonly gradients: ReadonlyMap<Variable, Tensor>;
  /** Running statistics that the phase's layers updated. */
  readonly updates: ReadonlyMap<Variable, Tensor>;
}

type Schedule = (terms: Terms) => Record<string, ScheduledTerm>;

/** Weights as they are without a schedule of the run. */
const unscheduled: Schedule = (terms) =>
  scheduledTerms(terms, { klWarmup: 0, klCycles: 0, freeBits: 0 }, constant(0), 1);

/** Gradients of one phase with respect to what it moves. */
export function phaseGradients(
  phase: Pick<Phase, 'moves' | 'objective'>,
  batch: Batch,
  scope: Scope,
  schedule: Schedule = unscheduled,
): PhaseGradients {
  const { value: terms, updates } = scope.recording(() => phase.objective(batch));
  const scheduled = schedule(terms);
  const objective = Object.values(scheduled)
    .map(({ paid, weight }) => paid.mul(weight))
    .reduce((sum, term) => sum.add(term));
  // Layers make their variables when they first run, so only now is it known which there are.
  const weights = scope.variables.filter(({ name, trainable }) => trainable && phase.moves(name));
  const gradients = grad(objective, weights);
  return {
    terms,
    scheduled,
    objective,
    gradients: new Map(weights.map((weight, i) => [weight, gradients[i]])),
    updates,
  };
}
