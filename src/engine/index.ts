/** Engines: what runs programs. */
export type { Engine, Executable, Feeds, Fetches, RunOptions, Values, VariableStore } from './engine.js';
export { initialValues } from './initial.js';
export { evaluate, ReferenceEngine } from './reference/engine.js';
