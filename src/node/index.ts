/** vaekit in Node: data from files, engines in worker threads, runs in folders. */

export { benchNames, requireCase } from './bench/cases.js';
export { explainCase } from './bench/explain.js';
export type { BenchResult } from './bench/measure.js';
export { type BenchRequest, runCase } from './bench/run.js';
export {
  type Compressed,
  type CompressRequest,
  compress,
  type Decompressed,
  decompress,
  UNIFORM,
} from './compression/compress.js';
export { readContainer } from './compression/container.js';
export {
  type DatasetReport,
  describeSource,
  type OpenOptions as DataOptions,
  openDataset,
  openDatasetInWorker,
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
export { type FitPriorRequest, fitPrior, type StoredPrior, usePrior } from './priors/fitPrior.js';
export { type PriorRecord, priorNames } from './priors/store.js';
export { type ExportedFile, exportRun } from './runs/exportRun.js';
export { type LoadedRun, type LoadRequest, loadRun } from './runs/load.js';
export type { Records } from './runs/records.js';
export { openRunData } from './runs/runData.js';
export type { RunFolder } from './runs/runFolder.js';
export { type ResumeRequest, resume, type TrainRequest, train } from './runs/start.js';
export { finishedSummary, type RunSummary } from './runs/summary.js';
export type { RunEvent, RunStage, TrainingRun } from './runs/trainingRun.js';
export { version } from './version.js';
