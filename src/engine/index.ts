/** Engines: what runs programs. */
export type { Engine, Executable, Feeds, Fetches, RunOptions, Values, VariableStore } from './engine.js';
export { drawsOf, initialValues } from './initial.js';
export { localRunner, OnnxEngine, type RunnerLink } from './onnx/engine.js';
export { type ExportOptions, exportModel } from './onnx/export.js';
export { OnnxNetwork } from './onnx/network.js';
export { OnnxError } from './onnx/read.js';
export type { OrtModule, RunnerOptions } from './onnx/runner.js';
export { auction } from './reference/auction.js';
export { evaluate, ReferenceEngine } from './reference/engine.js';
