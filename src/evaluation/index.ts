/** Measuring trained models. */
export { type EvaluateOptions, type Evaluation, evaluate, type SampleSource } from './evaluate.js';
export type { LatentStatistics } from './latent.js';
