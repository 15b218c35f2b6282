/** What an engine promises: it compiles programs, runs them, and keeps their variables. */
import { type Program, type Shape, show, sizeOf, type TensorData } from '../tensor/index.js';

/** Values in row-major order. The reference engine returns float64 where others return float32. */
export type Values = TensorData | Float64Array;
export type Feeds = Readonly<Record<string, Values>>;
export type Fetches = Readonly<Record<string, Values>>;

export interface RunOptions {
  /**
   * Runs this many steps in one call. Every feed and every output then has a leading axis of that length, and a step
   * sees the variables as the step before left them. A whole number from 1. @default 1
   */
  steps?: number;
  /** Number of the first step, from 0 to 2³¹ − 1, which `step` and the random streams count from. @default 0 */
  firstStep?: number;
  /** Key of the random streams. @default 0 */
  seed?: number;
  /**
   * Abandons the run: it rejects and nothing is kept of it. An engine that makes all steps in one go notices before it
   * begins only.
   */
  signal?: AbortSignal;
  /**
   * What an earlier run of this executable returned, if nobody reads that any more: an engine may return the same
   * arrays with this run's values. For those who run it again and again; new arrays have to be collected as garbage.
   */
  into?: Fetches;
}

/** Runs of one engine take turns: whoever calls first is served first, and sees what earlier runs have left. */
export interface Executable {
  /** @throws Error naming a feed that is missing or has the wrong length, or a variable that was never written */
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

/** What a run is told, with nothing left open. */
export type CheckedRunOptions = Required<Omit<RunOptions, 'signal' | 'into'>>;

const LARGEST_STEP = 2 ** 31 - 1;

export function requireRunOptions({ steps = 1, firstStep = 0, seed = 0 }: RunOptions): CheckedRunOptions {
  if (!(Number.isSafeInteger(steps) && steps >= 1)) {
    throw new RangeError(`run: steps is ${steps}; it is a whole number from 1`);
  }
  if (!(Number.isInteger(firstStep) && firstStep >= 0 && firstStep + steps - 1 <= LARGEST_STEP)) {
    throw new RangeError(
      `run: ${steps} steps from ${firstStep} on are not all numbered from 0 to ${LARGEST_STEP}`,
    );
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`run: seed is ${seed}; it is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  return { steps, firstStep, seed };
}

/** The value of a variable, checked against what the program wants. */
export function requireVariable<T extends { readonly length: number }>(
  value: T | undefined,
  name: string,
  shape?: Shape,
): T {
  if (!value) throw new Error(`variable '${name}' has no value yet; write its initial value first`);
  if (shape && value.length !== sizeOf(shape)) {
    throw new Error(
      `variable '${name}' was written with ${value.length} values but its shape ${show(shape)} takes ${sizeOf(shape)}`,
    );
  }
  return value;
}

/** The feed of an input, checked against what the program wants. */
export function requireFeed(feeds: Feeds, name: string, input: Shape, steps: number): Values {
  const data = feeds[name];
  const wanted = sizeOf(input) * steps;
  if (data === undefined) {
    throw new Error(
      `run: input '${name}' of shape ${show(input)} was not fed; fed: ${Object.keys(feeds).join(', ') || 'nothing'}`,
    );
  }
  if (data.length !== wanted) {
    const shape = show(steps === 1 ? input : [steps, ...input]);
    throw new Error(`run: input '${name}' has ${data.length} values but shape ${shape} takes ${wanted}`);
  }
  return data;
}
