/** Exponential averages of weights, which evaluate better than the weights of any one step (Polyak & Juditsky 1992). */
import { filled } from '../nn/index.js';
import { type Tensor, Variable } from '../tensor/index.js';

/** Updates over which the decay rises to its own value, so that the start is forgotten. */
const RISE = 10;

/** Name of a weight's average among the variables of a checkpoint. */
export const averageName = (weight: string) => `average.${weight}`;

export interface Averaging {
  /** For each weight its average. */
  readonly averages: ReadonlyMap<Variable, Variable>;
  readonly updates: ReadonlyMap<Variable, Tensor>;
}

/**
 * w̄ ← k w̄ + (1 − k) w with k = min(decay, t / (t + 10)), so that w̄ = w after the first update.
 *
 * @param moved the weights' new values
 * @param count t, updates before this one, float32 scalar
 */
export function averaging(moved: ReadonlyMap<Variable, Tensor>, count: Tensor, decay: number): Averaging {
  const averages = new Map<Variable, Variable>();
  const updates = new Map<Variable, Tensor>();
  if (decay === 0) return { averages, updates };
  const change = count.div(count.add(RISE)).min(decay).neg().add(1);
  for (const [weight, value] of moved) {
    const average = new Variable(averageName(weight.name), weight.shape, filled(0), { trainable: false });
    averages.set(weight, average);
    updates.set(average, average.add(value.sub(average).mul(change)));
  }
  return { averages, updates };
}
