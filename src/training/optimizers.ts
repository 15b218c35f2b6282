/**
 * Optimisers as graph updates. With gradient g, learning rate η and t applied updates so far, this one included:
 *
 *   sgd      u ← μ u + g                                 θ ← θ − η u
 *   rmsprop  v ← ρ v + (1 − ρ) g²                        θ ← θ − η g / (√v + ε)           ρ = 0.9
 *   adam     m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²
 *                                                        θ ← θ − η m̂ / (√v̂ + ε)          m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
 *   adamw    as adam                                     θ ← θ − η (m̂ / (√v̂ + ε) + λ θ)
 *   adamax   u ← max(β₂ u, |g|)                          θ ← θ − η / (1 − β₁ᵗ) · m / (u + ε)
 *
 * Sources: Kingma & Ba 2015 (arXiv:1412.6980), algorithms 1 and 2; Loshchilov & Hutter 2019 (arXiv:1711.05101),
 * algorithm 2; Tieleman & Hinton 2012, lecture 6.5.
 */
import { filled } from '../nn/index.js';
import { constant, type Tensor, Variable } from '../tensor/index.js';
import type { TrainingOptions } from './options.js';

export type OptimizerOptions = Pick<TrainingOptions, 'optimizer' | 'momentum' | 'weightDecay'> &
  /** @default 0.9, 0.999, 1e-8 */
  Partial<Pick<TrainingOptions, 'beta1' | 'beta2' | 'epsilon'>>;

const RMSPROP_DECAY = 0.9;

/** What an update sees of one variable. */
interface Context {
  readonly variable: Variable;
  readonly gradient: Tensor;
  /** What the gradient is to be multiplied with: clipping. Folded into the rules' own factors, it costs nothing. */
  readonly scale: Tensor;
  readonly learningRate: Tensor;
  /** t, float32 scalar. */
  readonly count: Tensor;
  /** A moment of this variable, zero at first. */
  moment(name: string): Variable;
  /** Gives a moment its new value, and the value back. */
  set(moment: Variable, value: Tensor): Tensor;
}

type Rule = (context: Context, options: Required<OptimizerOptions>) => Tensor;

const adamDirection = (
  { gradient, scale, count, moment, set }: Context,
  { beta1, beta2, epsilon }: Required<OptimizerOptions>,
) => {
  const m = moment('m');
  const v = moment('v');
  const nextM = set(m, m.mul(beta1).add(gradient.mul(scale.mul(1 - beta1))));
  const nextV = set(v, v.mul(beta2).add(gradient.square().mul(scale.square().mul(1 - beta2))));
  // η m̂ / (√v̂ + ε) with both corrections taken out of the large arrays: √c₂/c₁ · m / (√v + ε √c₂).
  const c1 = correction(beta1, count);
  const rootC2 = correction(beta2, count).sqrt();
  return { direction: nextM.div(nextV.sqrt().add(rootC2.mul(epsilon))), factor: rootC2.div(c1) };
};

/** 1 − βᵗ = −(e^(t log β) − 1): for β near 1 the difference itself would leave few digits in float32. */
const correction = (beta: number, count: Tensor) => count.mul(Math.log(beta)).expm1().neg();

const rules: Record<TrainingOptions['optimizer'], Rule> = {
  sgd: ({ variable, gradient, scale, learningRate, moment, set }, { momentum }) => {
    if (momentum === 0) return variable.sub(gradient.mul(learningRate.mul(scale)));
    const u = moment('velocity');
    return variable.sub(set(u, u.mul(momentum).add(gradient.mul(scale))).mul(learningRate));
  },
  rmsprop: ({ variable, gradient, scale, learningRate, moment, set }, { epsilon }) => {
    const v = moment('v');
    const nextV = set(
      v,
      v.mul(RMSPROP_DECAY).add(gradient.square().mul(scale.square().mul(1 - RMSPROP_DECAY))),
    );
    return variable.sub(gradient.div(nextV.sqrt().add(epsilon)).mul(learningRate.mul(scale)));
  },
  adam: (context, options) => {
    const { direction, factor } = adamDirection(context, options);
    return context.variable.sub(direction.mul(context.learningRate.mul(factor)));
  },
  adamw: (context, options) => {
    const { direction, factor } = adamDirection(context, options);
    const { variable, learningRate } = context;
    const decayed =
      variable.rank < 2 ? variable : variable.mul(learningRate.mul(-options.weightDecay).add(1));
    return decayed.sub(direction.mul(learningRate.mul(factor)));
  },
  adamax: ({ variable, gradient, scale, learningRate, count, moment, set }, { beta1, beta2, epsilon }) => {
    const m = moment('m');
    const u = moment('u');
    const nextM = set(m, m.mul(beta1).add(gradient.mul(scale.mul(1 - beta1))));
    const nextU = set(u, u.mul(beta2).max(gradient.mul(scale).abs()));
    return variable.sub(nextM.div(nextU.add(epsilon)).mul(learningRate.div(correction(beta1, count))));
  },
};

export interface OptimizerStep {
  /** New values of the variables that the gradients are of. */
  readonly moved: ReadonlyMap<Variable, Tensor>;
  /** New values of what the optimiser remembers: moments and the count. */
  readonly remembered: ReadonlyMap<Variable, Tensor>;
  /** Updates before this one, float32 scalar. */
  readonly count: Tensor;
}

/**
 * One step of an optimiser on some variables.
 *
 * @param rate.learningRate η, float32 scalar
 * @param rate.scale        what gradients are multiplied with first, float32 scalar. @default 1
 * @param prefix            of the names of what the optimiser remembers
 */
export function optimizerStep(
  gradients: ReadonlyMap<Variable, Tensor>,
  { learningRate, scale = constant(1) }: { learningRate: Tensor; scale?: Tensor },
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...options }: OptimizerOptions,
  prefix = 'optimizer',
): OptimizerStep {
  const moved = new Map<Variable, Tensor>();
  const remembered = new Map<Variable, Tensor>();
  const count = new Variable(`${prefix}.count`, [], filled(0), { trainable: false });
  const nextCount = count.add(1);
  remembered.set(count, nextCount);
  for (const [variable, gradient] of gradients) {
    const context: Context = {
      variable,
      gradient,
      scale,
      learningRate,
      count: nextCount,
      moment: (name) =>
        new Variable(`${prefix}.${name}.${variable.name}`, variable.shape, filled(0), { trainable: false }),
      set: (moment, value) => {
        remembered.set(moment, value);
        return value;
      },
    };
    moved.set(variable, rules[options.optimizer](context, { ...options, beta1, beta2, epsilon }));
  }
  return { moved, remembered, count };
}
