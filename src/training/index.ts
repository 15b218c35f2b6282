/** Training: the run, its options, its events. */
export { averageName } from './averaging.js';
export type { OrderedSamples } from './batches.js';
export {
  describeStages,
  type PhaseDescription,
  type StageDescription,
  type TermDescription,
} from './describeStages.js';
export { DivergenceError } from './divergence.js';
export type {
  Checkpoint,
  EvaluationRecord,
  FinishReason,
  MetricsRecord,
  Progress,
  TrainingEvent,
  Variables,
} from './events.js';
export { type TrainingOptions, trainingOptions, trainingOptionsFor } from './options.js';
export { type PhaseGradients, phaseGradients } from './phases.js';
export { binarised, type PreparedData, partSource, prepareData } from './prepared.js';
export type { StoredTensor } from './safetensors.js';
export { type StageStep, type TrainingStages, trainingStages } from './step.js';
export { Training, type TrainingDefinition } from './training.js';
