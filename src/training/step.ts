/**
 * Training steps as programs, one for each stage of a run: the objectives of its phases, their gradients, clipping,
 * optimisers, running statistics and averages of weights, all as updates that take effect together, and only if
 * everything is finite.
 */
import type { ModelDefinition } from '../inference/index.js';
import { filled, type Ramp, type VariableTable } from '../nn/index.js';
import {
  type Batch,
  type DataDescription,
  type Model,
  OptionError,
  type Stage,
  stageEnds,
} from '../systems/index.js';
import { input, step as stepNumber, type Tensor, Variable } from '../tensor/index.js';
import type { StepSamples } from './batches.js';
import { type TrainingOptions, trainingOptions } from './options.js';
import { LEARNING_RATE_FACTOR } from './outputs.js';
import { perturbed } from './perturbation.js';
import { collapseRemedies, requireEffect } from './scheduledTerms.js';
import { type BuiltStage, type StageContext, stageStep } from './stageStep.js';

/** The training step of a stage, and when it is taken. */
export interface StageStep extends BuiltStage {
  /** Its first step, and the one after its last. */
  readonly firstStep: number;
  readonly end: number;
}

export interface TrainingStages {
  readonly stages: readonly [StageStep, ...StageStep[]];
  /** Variables that gradients move in any stage. */
  readonly weights: readonly Variable[];
  /** Everything that a checkpoint keeps. */
  readonly state: readonly Variable[];
  readonly samplesPerStep: StepSamples;
  /** Schedules of the model. */
  readonly ramps: readonly Ramp[];
  /** Whether no step can be told to be the best. */
  readonly isGame: boolean;
  /** What may help where codes carry nothing. */
  readonly collapseRemedies: readonly string[];
}

export interface TrainingStepDefinition extends ModelDefinition {
  readonly training: TrainingOptions;
  /** Steps of the run, which schedules and stages are fractions of. */
  readonly totalSteps: number;
  /** Variables of all builds of the model. */
  readonly table: VariableTable;
}

const { patience: usualPatience } = trainingOptions.parse({});

/** @throws ShapeError, OptionError if the model cannot be built for the data, or not trained with the options */
export function trainingStages(definition: TrainingStepDefinition): TrainingStages {
  const { system, options, data, training, totalSteps, table } = definition;
  const step = stepNumber().cast('float32');
  const stepsPerEpoch = data.size / training.batchSize;
  const scope = table.scope({ training: true, clock: { step, totalSteps, stepsPerEpoch } });
  const model = system.build(data, options, scope);
  const declared = stagesOf(model);
  requireNames(declared);
  const ends = stageEnds(declared, totalSteps);
  const context: StageContext = {
    scope,
    training,
    totalSteps,
    step,
    batch: inputBatch(data, training, (model.secondBatch ?? false) !== false),
    factor: new Variable(LEARNING_RATE_FACTOR, [], filled(1), { trainable: false }),
    firstPhase: declared[0].phases[0].name,
  };
  const steps = declared.map((stage, i) => {
    const firstStep = ends[i - 1] ?? 0;
    return { firstStep, end: ends[i], ...stageStep(stage, firstStep, context) };
  });
  const objectives = steps.flatMap((each) => each.objectives);
  const ramps = scope.ramps.map(({ name }) => name);
  requireEffect(objectives, training, ramps);
  const isGame = model.isGame === true;
  if (isGame && training.patience > 0 && training.patience !== usualPatience)
    throw new OptionError(
      'patience',
      `has no effect: ${system.name} is a game, in which no step can be told to be better than another; leave it out`,
    );
  const [first, ...others] = steps;
  return {
    stages: [first, ...others],
    weights: [...new Set(steps.flatMap(({ weights }) => weights))],
    state: byName(steps.flatMap(({ program }) => [...program.variables.values()])),
    samplesPerStep: samplesPerStep(training, model),
    ramps: scope.ramps,
    isGame,
    collapseRemedies: collapseRemedies(objectives, training, ramps),
  };
}

function samplesPerStep({ batchSize }: TrainingOptions, { secondBatch = false }: Model): StepSamples {
  if (secondBatch === 'labelled') return { any: batchSize, labelled: batchSize };
  return { any: secondBatch ? 2 * batchSize : batchSize, labelled: 0 };
}

/** The stage that a step belongs to. */
export function stageAt({ stages }: Pick<TrainingStages, 'stages'>, step: number): StageStep {
  return stages.find(({ end }) => step < end) ?? stages[stages.length - 1];
}

/** The stages of a model, which may be one with a single phase that moves everything. */
export function stagesOf(model: Model): readonly Stage[] {
  const moves = () => true;
  const whole = { name: 'training', moves, objective: (batch: Batch) => model.objective(batch) };
  return model.stages ?? [{ name: 'training', order: 'together', phases: [whole] }];
}

/** @param isDouble whether there is a second batch */
export function inputBatch(
  data: DataDescription,
  { batchSize: size, perturb }: Pick<TrainingOptions, 'batchSize' | 'perturb'>,
  isDouble: boolean,
): Batch {
  const { shape, dtype } = data.spec;
  const count = isDouble ? 2 * size : size;
  const x = perturbed(data, data.observe(input('x', [count, ...shape], dtype)), perturb);
  const labels = data.classes > 0 ? input('labels', [count], 'int32') : undefined;
  const part = (start: number): Batch => {
    const rows = (t: Tensor) => (isDouble ? t.sliceAlong(0, start, start + size) : t);
    return labels ? { x: rows(x), labels: rows(labels) } : { x: rows(x) };
  };
  return isDouble ? { ...part(0), second: part(size) } : part(0);
}

function requireNames(stages: readonly Stage[]): void {
  const names = stages.flatMap(({ phases }) => phases.map(({ name }) => name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two phases are called '${twice}'; their moments would be one`);
}

function byName(variables: readonly Variable[]): Variable[] {
  return [...new Map(variables.map((variable) => [variable.name, variable])).values()];
}
