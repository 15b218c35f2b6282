/** Schedules as graph expressions of the step, so that many steps of one call each have their own value. */
import { inSteps } from '../systems/index.js';
import { constant, type Tensor } from '../tensor/index.js';
import type { TrainingOptions } from './options.js';

type LearningRateOptions = Pick<TrainingOptions, 'learningRate' | 'schedule' | 'warmup'>;

/**
 * The learning rate at a step: a rise over the warm-up, which its last step completes, then constant, or falling to 0
 * at the end of the run in a line or half a cosine.
 *
 * @param step float32 scalar, from 0
 */
export function learningRateAt(
  step: Tensor,
  { learningRate, schedule, warmup }: LearningRateOptions,
  total: number,
): Tensor {
  const rise = inSteps(warmup, total);
  const fall = Math.max(1, total - rise);
  const progress = step.sub(rise).div(fall).clip(0, 1);
  const shapes: Record<LearningRateOptions['schedule'], () => Tensor> = {
    constant: () => constant(1),
    linear: () => progress.neg().add(1),
    cosine: () => progress.mul(Math.PI).cos().add(1).mul(0.5),
  };
  const rate = shapes[schedule]().mul(learningRate);
  return rise > 0 ? rate.mul(step.add(1).div(rise).min(1)) : rate;
}

/**
 * What the weights of KL terms are multiplied with: 0 at step 0, rising to 1 over the warm-up and staying there, or in
 * every cycle rising over its first half (Fu et al. 2019, "Cyclical annealing schedule", arXiv:1903.10145).
 *
 * @param step float32 scalar, from 0
 */
export function klMultiplierAt(
  step: Tensor,
  { klWarmup, klCycles }: Pick<TrainingOptions, 'klWarmup' | 'klCycles'>,
  total: number,
): Tensor {
  if (klCycles > 0) {
    // Divided, not multiplied with the inverse: a cycle begins at exactly 0, and rounding down from it would give 1.
    const cycle = step.mul(klCycles).div(total);
    return cycle.sub(cycle.floor()).mul(2).min(1);
  }
  const rise = inSteps(klWarmup, total);
  return rise > 0 ? step.div(rise).min(1) : constant(1);
}
