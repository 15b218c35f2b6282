/** vaekit in Node: data from files, engines in worker threads, runs in folders. */
export type { BenchResult } from './bench/measure.js';
export { benchNames, requireCase, runCase } from './bench/run.js';
export {
  type DatasetReport,
  describeSource,
  type OpenOptions as DataOptions,
  openDataset,
} from './data/index.js';
export {
  describeEngines,
  ENGINE_NAMES,
  EngineError,
  type EngineInfo,
  type EngineName,
  type EngineOptions,
  type OpenEngine,
  openEngine,
} from './engines.js';
export { StorageError, writeFileWhole } from './files.js';
export { loadOrt } from './ort.js';
export { type ExportedFile, exportRun } from './runs/exportRun.js';
export type { RunFolder } from './runs/runFolder.js';
export {
  type LoadedRun,
  loadRun,
  openRunData,
  type ResumeRequest,
  resume,
  type TrainRequest,
  train,
} from './runs/start.js';
export type { RunEvent, RunSummary, TrainingRun } from './runs/trainingRun.js';
export { version } from './version.js';
