/**
 * One training step as a program: the objective, its gradients, clipping, the optimiser, running statistics and averages
 * of weights, all as updates that take effect together, and only if everything is finite.
 */
import { filled, type VariableTable } from '../nn/index.js';
import { klPerDimension } from '../probability/index.js';
import {
  type Batch,
  type DataDescription,
  type Model,
  RECONSTRUCTION,
  type System,
  toWeighted,
  type WeightedTerm,
} from '../systems/index.js';
import {
  constant,
  grad,
  input,
  Program,
  stack,
  step as stepNumber,
  type Tensor,
  Variable,
} from '../tensor/index.js';
import { optimizerStep } from './optimizers.js';
import type { TrainingOptions } from './options.js';
import { klMultiplierAt, learningRateAt } from './schedules.js';

export interface TrainingStep {
  readonly program: Program;
  /** Variables that gradients move. */
  readonly weights: readonly Variable[];
  /** Everything that a checkpoint keeps. */
  readonly state: readonly Variable[];
  /** For each weight its average, where averages are kept. */
  readonly averages: ReadonlyMap<Variable, Variable>;
  /** Names of the objective's terms. */
  readonly terms: readonly string[];
}

/** Names of the program's outputs beside `term <name>` and `weight <name>`. */
export const OUTPUTS = {
  objective: 'objective',
  /** Global norm of all gradients, before clipping. */
  gradientNorm: 'gradientNorm',
  /** Norm of each weight's gradient, in the order of `weights`. */
  layerNorms: 'layerNorms',
  learningRate: 'learningRate',
  /** Whether everything was finite and the step counted. */
  applied: 'applied',
} as const;

/** Factor on the learning rate that the trainer lowers after trouble. */
export const LEARNING_RATE_FACTOR = 'training.learningRateFactor';

export interface TrainingStepDefinition {
  system: System;
  options: Record<string, unknown>;
  data: DataDescription;
  training: TrainingOptions;
  totalSteps: number;
  table: VariableTable;
}

export function trainingStep({
  system,
  options,
  data,
  training,
  totalSteps,
  table,
}: TrainingStepDefinition): TrainingStep {
  const { batchSize } = training;
  const scope = table.scope({ training: true });
  const model = system.build(data, options, scope);
  const batch: Batch = {
    x: data.toModel(input('x', [batchSize, ...data.spec.shape], data.spec.dtype)),
    ...(data.classes > 0 ? { labels: input('labels', [batchSize], 'int32') } : {}),
  };
  const step = stepNumber().cast('float32');
  const terms = scheduledTerms(model, batch, training, step, totalSteps);
  const objective = Object.values(terms)
    .map(({ mean, weight }) => mean.mul(weight))
    .reduce((sum, term) => sum.add(term));
  const weights = scope.variables.filter((variable) => variable.trainable);
  const gradients = new Map(grad(objective, weights).map((gradient, i) => [weights[i], gradient]));
  const squares = [...gradients.values()].map((gradient) => gradient.square().sum());
  const norm = squares.reduce((sum, part) => sum.add(part)).sqrt();
  const clipping = clip(norm, training.clip);
  const factor = new Variable(LEARNING_RATE_FACTOR, [], filled(1), { trainable: false });
  const learningRate = learningRateAt(step, training, totalSteps).mul(factor);
  const { updates: moved } = optimizerStep(gradients, { learningRate, scale: clipping.scale }, training);
  const averaged = averagesOf(weights, moved, training.averageWeights);
  const updates = new Map([...moved, ...scope.updates, ...clipping.updates, ...averaged.updates]);
  const applied = objective.add(norm).isFinite();
  const entries = (f: (term: ScheduledTerm) => Tensor, prefix: string) =>
    Object.fromEntries(Object.entries(terms).map(([name, term]) => [`${prefix} ${name}`, f(term)]));
  const program = new Program({
    outputs: {
      [OUTPUTS.objective]: objective,
      [OUTPUTS.gradientNorm]: norm,
      [OUTPUTS.layerNorms]: stack(squares).sqrt(),
      [OUTPUTS.learningRate]: learningRate,
      [OUTPUTS.applied]: applied,
      ...entries(({ mean }) => mean, 'term'),
      ...entries(({ weight }) => weight, 'weight'),
    },
    updates,
    guard: applied,
  });
  return {
    program,
    weights,
    state: [...program.variables.values()],
    averages: averaged.averages,
    terms: Object.keys(terms),
  };
}

interface ScheduledTerm {
  /** Mean over the batch, before the weight. */
  mean: Tensor;
  /** Weight at this step. */
  weight: Tensor;
}

function scheduledTerms(
  model: Model,
  batch: Batch,
  training: TrainingOptions,
  step: Tensor,
  total: number,
): Record<string, ScheduledTerm> {
  const annealed = klMultiplierAt(step, training, total);
  const scheduled = (name: string, { value, weight, role }: WeightedTerm): ScheduledTerm => {
    const isRate = role === 'bound' && name !== RECONSTRUCTION;
    const mean =
      isRate && training.freeBits > 0 ? withFreeBits(model, batch, training.freeBits) : value.mean();
    return { mean, weight: isRate ? annealed.mul(weight) : constant(weight) };
  };
  return Object.fromEntries(
    Object.entries(model.objective(batch)).map(([name, term]) => [name, scheduled(name, toWeighted(term))]),
  );
}

/** Σ_j max(λ, mean over the batch of KL_j). Kingma et al. 2016 (arXiv:1606.04934), eq. 15. */
function withFreeBits(model: Model, batch: Batch, freeBits: number): Tensor {
  const q = model.posterior?.(batch);
  const p = model.prior?.(batch.x.shape[0], batch.labels);
  const coordinates = q && p && klPerDimension(q, p);
  if (!coordinates)
    throw new Error('freeBits: this system has no KL term per code coordinate; leave freeBits out');
  return coordinates.mean(0).max(freeBits).sum();
}

/** Norms beyond this multiple of the running average are explosions, not gradients. */
const EXPLOSION = 10;
/** Steps that the running average looks back on. */
const MEMORY = 100;

/** The factor that brings the global norm under its limit. Pascanu, Mikolov & Bengio 2013 (arXiv:1211.5063), §3.2. */
function clip(
  norm: Tensor,
  limit: TrainingOptions['clip'],
): { scale: Tensor; updates: ReadonlyMap<Variable, Tensor> } {
  if (limit === 0) return { scale: constant(1), updates: new Map() };
  // A norm of zero needs no scale and must not be divided by.
  const within = (largest: Tensor) => largest.div(norm.max(1e-30)).min(1);
  if (limit !== 'auto') return { scale: within(constant(limit)), updates: new Map() };
  const average = new Variable('training.gradientNorm', [], filled(0), { trainable: false });
  const count = new Variable('training.gradientNormCount', [], filled(0), { trainable: false });
  const largest = count.greater(0).where(average.mul(EXPLOSION), norm);
  const weight = count
    .add(1)
    .pow(-1)
    .max(1 / MEMORY);
  const updates = new Map([
    [average, average.add(norm.min(largest).sub(average).mul(weight))],
    [count, count.add(1)],
  ]);
  return { scale: within(largest), updates };
}

/** w̄ ← d w̄ + (1 − d) w, with d small at first so that the start is forgotten: min(d, t / (t + 10)). */
function averagesOf(
  weights: readonly Variable[],
  moved: ReadonlyMap<Variable, Tensor>,
  decay: number,
): { averages: ReadonlyMap<Variable, Variable>; updates: ReadonlyMap<Variable, Tensor> } {
  const averages = new Map<Variable, Variable>();
  const updates = new Map<Variable, Tensor>();
  if (decay === 0) return { averages, updates };
  const t = stepNumber().cast('float32');
  const keep = t.div(t.add(10)).min(decay);
  for (const weight of weights) {
    const average = new Variable(`average.${weight.name}`, weight.shape, filled(0), { trainable: false });
    const now = moved.get(weight) ?? weight;
    averages.set(weight, average);
    updates.set(average, average.add(now.sub(average).mul(keep.neg().add(1))));
  }
  return { averages, updates };
}
