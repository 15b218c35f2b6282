/** Training: the run, its options, its events. */
export { BatchReader, type OrderedSamples } from './batches.js';
export type {
  Checkpoint,
  EvaluationRecord,
  FinishReason,
  MetricsRecord,
  Progress,
  TrainingEvent,
  Variables,
} from './events.js';
export { type OptimizerOptions, optimizerStep } from './optimizers.js';
export { inSteps, type TrainingOptions, totalSteps, trainingOptions } from './options.js';
export { DivergenceError } from './runState.js';
export { klMultiplierAt, learningRateAt } from './schedules.js';
export { type TrainingStep, trainingStep } from './step.js';
export { Training, type TrainingDefinition } from './training.js';
