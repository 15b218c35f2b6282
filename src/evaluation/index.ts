/** Measuring trained models. */
export { type EvaluateOptions, type Evaluation, evaluate, type SampleSource } from './evaluate.js';
export { LatentAccumulator, type LatentStatistics } from './latent.js';
