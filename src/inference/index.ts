/** Running a built model on data. */

export type { RollOutOptions } from '../systems/index.js';
export { type ExportedModel, exportModels, type PortDescription } from './export.js';
export {
  type Imputation,
  type ImputationMethod,
  type ImputeOptions,
  imputationMethods,
  impute,
} from './imputation.js';
export {
  type AttributeDirection,
  type AttributeOptions,
  attributeDirection,
  movedCodes,
} from './latentDirections.js';
export { codeBetween, type LatentPath, latentPaths } from './latentPaths.js';
export { checkParity, PARITY_BATCHES } from './parity.js';
export { type RecalibrationOptions, recalibrate } from './recalibrate.js';
export {
  type BatchContext,
  type MapOptions,
  type ModelDefinition,
  ModelRunner,
  type Rows,
  type RunnerSettings,
} from './runner.js';
export { type CodeIndices, type Codes, type SampleOptions, TrainedModel } from './trainedModel.js';
