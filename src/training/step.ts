/**
 * One training step as a program: the objective, its gradients, clipping, the optimiser, running statistics and averages
 * of weights, all as updates that take effect together, and only if everything is finite.
 */
import type { ModelDefinition } from '../inference/index.js';
import { filled, type VariableTable } from '../nn/index.js';
import type { Batch, DataDescription } from '../systems/index.js';
import { input, Program, stack, step as stepNumber, Variable } from '../tensor/index.js';
import { averaging } from './averaging.js';
import { clipping } from './clipping.js';
import { optimizerStep } from './optimizers.js';
import type { TrainingOptions } from './options.js';
import { phaseGradients } from './phases.js';
import { requireEffect, scheduledTerms } from './scheduledTerms.js';
import { learningRateAt } from './schedules.js';

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

/** Names of the program's outputs; the terms' own are made of `term` and `weight`. */
export const OUTPUTS = {
  objective: 'objective',
  /** Global norm of all gradients, before clipping. */
  gradientNorm: 'gradientNorm',
  /** Norm of each weight's gradient, in the order of `weights`. */
  layerNorms: 'layerNorms',
  learningRate: 'learningRate',
  /** Whether everything was finite and the step counted. */
  applied: 'applied',
  /** Mean of a term over the batch, before its weight. */
  term: (name: string) => `term ${name}`,
  /** Weight of a term at the step. */
  weight: (name: string) => `weight ${name}`,
} as const;

/** Factor on the learning rate that the trainer lowers after trouble. */
export const LEARNING_RATE_FACTOR = 'training.learningRateFactor';

export interface TrainingStepDefinition extends ModelDefinition {
  readonly training: TrainingOptions;
  /** Steps of the run, which schedules are fractions of. */
  readonly totalSteps: number;
  /** Variables of all builds of the model. */
  readonly table: VariableTable;
}

/** @throws ShapeError, OptionError if the model cannot be built for the data, or not trained with the options */
export function trainingStep(definition: TrainingStepDefinition): TrainingStep {
  const { system, options, data, training, totalSteps, table } = definition;
  const step = stepNumber().cast('float32');
  const stepsPerEpoch = data.size / training.batchSize;
  const scope = table.scope({ training: true, clock: { step, totalSteps, stepsPerEpoch } });
  const model = system.build(data, options, scope);
  const batch = inputBatch(data, training.batchSize);
  const phase = { moves: () => true, objective: (given: Batch) => model.objective(given) };
  const paid = phaseGradients(phase, batch, scope, (given) =>
    scheduledTerms(given, training, step, totalSteps),
  );
  requireEffect(
    [paid.terms],
    training,
    scope.ramps.map(({ name }) => name),
  );
  const terms = Object.entries(paid.scheduled);
  const { objective, gradients } = paid;
  const weights = [...gradients.keys()];
  const squares = [...gradients.values()].map((gradient) => gradient.square().sum());
  const norm = squares.reduce((sum, part) => sum.add(part)).sqrt();
  const clip = clipping(norm, training.clip);
  const factor = new Variable(LEARNING_RATE_FACTOR, [], filled(1), { trainable: false });
  const learningRate = learningRateAt(step, training, totalSteps).mul(factor);
  const optimizer = optimizerStep(gradients, { learningRate, scale: clip.scale }, training);
  const average = averaging(optimizer.moved, optimizer.count, training.averageWeights);
  const applied = objective.add(norm).isFinite();
  const program = new Program({
    outputs: {
      [OUTPUTS.objective]: objective,
      [OUTPUTS.gradientNorm]: norm,
      [OUTPUTS.layerNorms]: stack(squares).sqrt(),
      [OUTPUTS.learningRate]: learningRate,
      [OUTPUTS.applied]: applied,
      ...Object.fromEntries(
        terms.flatMap(([name, { mean, weight }]) => [
          [OUTPUTS.term(name), mean],
          [OUTPUTS.weight(name), weight],
        ]),
      ),
    },
    updates: new Map([
      ...optimizer.moved,
      ...optimizer.remembered,
      ...paid.updates,
      ...clip.updates,
      ...average.updates,
    ]),
    guard: applied,
  });
  return {
    program,
    weights,
    state: [...program.variables.values()],
    averages: average.averages,
    terms: terms.map(([name]) => name),
  };
}

function inputBatch(data: DataDescription, size: number): Batch {
  const { shape, dtype } = data.spec;
  const x = data.toModel(input('x', [size, ...shape], dtype));
  return data.classes > 0 ? { x, labels: input('labels', [size], 'int32') } : { x };
}
