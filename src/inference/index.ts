/** Running a built model on data. */
export {
  type BatchContext,
  type MapOptions,
  type ModelDefinition,
  ModelRunner,
  type Rows,
  type RunnerSettings,
} from './runner.js';
export { type Codes, TrainedModel } from './trainedModel.js';
