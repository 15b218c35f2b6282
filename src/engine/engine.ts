/** What an engine promises: it compiles programs, runs them, and keeps their variables. */
import type { Program, TensorData, Variable } from '../tensor/index.js';

/** Values in row-major order. The reference engine returns float64 where others return float32. */
export type Values = TensorData | Float64Array;
export type Feeds = Readonly<Record<string, Values>>;
export type Fetches = Readonly<Record<string, Values>>;

export interface RunOptions {
  /**
   * Runs this many steps in one call. Every feed and every output then has a leading axis of that length, and a step
   * sees the variables as the step before left them. @default 1
   */
  steps?: number;
  /** Number of the first step, which the graph's `step` and its random streams count from. @default 0 */
  firstStep?: number;
  /** Key of the random streams. @default 0 */
  seed?: number;
  /** Abandons the run between steps; nothing is kept of it. */
  signal?: AbortSignal;
}

export interface Executable {
  run(feeds?: Feeds, options?: RunOptions): Promise<Fetches>;
  dispose(): Promise<void>;
}

/** The variables of all programs of an engine, by name. */
export interface VariableStore {
  /** @throws Error naming a variable that was never written */
  read(names: Iterable<string>): Promise<Map<string, TensorData>>;
  write(values: ReadonlyMap<string, Values>): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly variables: VariableStore;
  compile(program: Program): Promise<Executable>;
  dispose(): Promise<void>;
}

/** The feed of an input, checked against what the program wants. */
export function requireFeed(feeds: Feeds, name: string, input: Variable['shape'], steps: number): Values {
  const data = feeds[name];
  const wanted = input.reduce((size, length) => size * length, steps);
  if (data === undefined) {
    throw new Error(
      `run: input '${name}' of shape [${input.join(', ')}] was not fed; fed: ${Object.keys(feeds).join(', ') || 'nothing'}`,
    );
  }
  if (data.length !== wanted) {
    const shape = `[${(steps === 1 ? input : [steps, ...input]).join(', ')}]`;
    throw new Error(`run: input '${name}' has ${data.length} values but shape ${shape} takes ${wanted}`);
  }
  return data;
}
