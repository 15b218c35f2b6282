/** Measuring trained models. */
export {
  ANOMALY_SCORES,
  type AnomalyScore,
  lacksScore,
  openScorer,
  type Scorer,
  type ScorerRequest,
} from './anomalyScores.js';
export { quantile } from './bootstrap.js';
export {
  type Detection,
  type DetectionRequest,
  detectionMetrics,
  type Operating,
  Ranking,
} from './detection.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
export { type ImputationError, imputationErrors } from './imputation.js';
export type { IndexUse } from './indices.js';
export type { LatentStatistics } from './latent.js';
export {
  METRIC_GROUPS,
  type Measurement,
  type MeasureRequest,
  type MetricGroup,
  measure,
} from './measure.js';
export { type Metric, meanOver, missing } from './metric.js';
export { type RateDistortion, rateDistortion } from './rateDistortion.js';
export { type Compared, fitSinusoid, type RollOutErrors, rollOutErrors, type Sinusoid } from './rollOut.js';
export { observedSource, type SampleSource, type SourceOptions } from './sources.js';
