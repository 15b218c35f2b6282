/**
 * vaekit for any JavaScript runtime: tensors and programs, engines, data in memory, training, trained models, pictures.
 * Systems are in `vaekit/systems`, layers in `vaekit/nn`, distributions in `vaekit/probability`, what is fitted on
 * codes in `vaekit/priors`; what needs Node is in `vaekit/node`.
 */
export {
  type ByteSource,
  bytesInMemory,
  type Column,
  type ColumnType,
  type Companions,
  DataError,
  type Dataset,
  type FileOptions,
  fromClouds,
  fromImages,
  fromSequences,
  fromTable,
  generate,
  generatedNames,
  type Identity,
  type ImageSpec,
  openDataFile,
  type SampleSpec,
  type Samples,
  splitDataset,
  type TableSpec,
} from './data/index.js';
export {
  type Engine,
  type Executable,
  type Feeds,
  type Fetches,
  initialValues,
  localRunner,
  OnnxEngine,
  OnnxError,
  OnnxNetwork,
  type OrtModule,
  ReferenceEngine,
  type RunOptions,
} from './engine/index.js';
export {
  type Evaluation,
  evaluate,
  type Measurement,
  type MeasureRequest,
  type Metric,
  type MetricGroup,
  measure,
} from './evaluation/index.js';
export {
  type AttributeDirection,
  type AttributeOptions,
  attributeDirection,
  type Codes,
  codeBetween,
  type ExportedModel,
  exportModels,
  type LatentPath,
  latentPaths,
  ModelRunner,
  movedCodes,
  type SampleOptions,
  TrainedModel,
} from './inference/index.js';
export { type Figure, toPng, toSvg } from './pictures/index.js';
export { RandomStream } from './random/index.js';
export {
  batchJacobian,
  concat,
  constant,
  grad,
  input,
  jacobian,
  Program,
  randomNormal,
  randomUniform,
  type Shape,
  ShapeError,
  Tensor,
  Variable,
  vjp,
} from './tensor/index.js';
export {
  type EvaluationRecord,
  type MetricsRecord,
  type PreparedData,
  prepareData,
  Training,
  type TrainingEvent,
  type TrainingOptions,
  trainingOptions,
} from './training/index.js';
export {
  type CodeFrame,
  codeFrame,
  codesView,
  editsView,
  interpolationsView,
  manifoldView,
  nearestView,
  priorsView,
  reconstructionsView,
  samplesView,
  traversalsView,
} from './views/index.js';
