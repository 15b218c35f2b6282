/**
 * The compiled engine: finds the addon that was built in this checkout or installed for this platform, and runs plans on
 * it. Runs that take longer than the way to another thread are made there, and JavaScript stays free.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type CheckedRunOptions, requireVariable, type Values } from '../engine/engine.js';
import { encodePlan } from '../engine/native/encode.js';
import { CODE_OPS, type Plan } from '../engine/native/plan.js';
import { type Held, heldAs, type LoadedPlan, type PlanRunner } from '../engine/native/runner.js';
import { wordsOf } from '../random/index.js';
import { allocate, bytesPerElement, type DType, type TensorData } from '../tensor/index.js';
import { errorCode } from './files.js';
import { requireMemory } from './planMemory.js';

/** As native/node/binding.cpp has it. */
export interface Addon {
  readonly codeOps: readonly string[];
  instructionSets(): string[];
  openEngine(threads: number, instructionSet?: string): AddonEngine;
  describe(engine: AddonEngine): { readonly threads: number; readonly instructionSet: string };
  write(engine: AddonEngine, name: string, values: TensorData): void;
  read(engine: AddonEngine, name: string, values: TensorData): void;
  load(
    engine: AddonEngine,
    words: Int32Array,
    constants: Uint8Array,
    variables: readonly string[],
  ): AddonExecutable;
  run(
    executable: AddonExecutable,
    inputs: readonly TensorData[],
    outputs: readonly TensorData[],
    steps: number,
    firstStep: number,
    keyLow: number,
    keyHigh: number,
    isCancellable: boolean,
  ): Promise<void> | undefined;
  cancel(engine: AddonEngine): void;
  measure(executable: AddonExecutable, isMeasured: boolean): void;
  nanoseconds(executable: AddonExecutable): number[];
  loops(executable: AddonExecutable): number[];
  release(executable: AddonExecutable): void;
  close(engine: AddonEngine): void;
}
declare const brand: unique symbol;
export interface AddonEngine {
  readonly [brand]: 'engine';
}
export interface AddonExecutable {
  readonly [brand]: 'executable';
}

/** More threads than any machine has cores to spare for one training. */
export const MOST_THREADS = 256;

/** Why there is no compiled engine. */
export class AddonError extends Error {
  override readonly name = 'AddonError';

  constructor(
    message: string,
    /** Whether there is none, rather than one that does not work. */
    readonly isMissing: boolean,
  ) {
    super(message);
  }
}

const built = fileURLToPath(new URL('../../native/build/vaekit.node', import.meta.url));
const builder = fileURLToPath(new URL('../../native/build.js', import.meta.url));
const platformPackage = `@vaekit/native-${process.platform}-${process.arch}`;
const REBUILD = 'build it again with node native/build.js --required';

/**
 * The addon of this machine.
 *
 * @throws AddonError saying why there is none, and what to do
 */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  const isBuilt = existsSync(built);
  const [path, remedy] = isBuilt ? [built, REBUILD] : [platformPackage, `install ${platformPackage} again`];
  let addon: Addon;
  try {
    addon = require(path);
  } catch (error) {
    if (!isBuilt && errorCode(error) === 'MODULE_NOT_FOUND') throw new AddonError(missing(), true);
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new AddonError(`${path} does not load (${reason}); ${remedy}`, false);
  }
  if (addon.codeOps?.join() !== CODE_OPS.join())
    throw new AddonError(`${path} belongs to another version of vaekit; ${remedy}`, false);
  return addon;
}

function missing(): string {
  return existsSync(builder)
    ? 'it is not built; node native/build.js --required builds it with a C++ compiler, or says what it lacks'
    : `${platformPackage} is not installed`;
}

/** Instruction sets that the addon was built for and this machine runs, the fastest first. */
export function instructionSets(): string[] {
  return loadAddon().instructionSets();
}

/** A plan whose instructions can be timed. */
export interface AddonPlan extends LoadedPlan {
  /** From now on, runs add up the time of each instruction. */
  measure(): void;
  /** The nanoseconds that each instruction has taken so far. */
  readonly nanoseconds: readonly number[];
  /** The loops that the elementwise lines of each instruction have become. */
  readonly loops: readonly number[];
}

export interface AddonRunnerOptions {
  /** From 1 to `MOST_THREADS`. */
  readonly threads: number;
  /** @default the fastest that this machine runs */
  readonly instructionSet?: string;
}

export class AddonRunner implements PlanRunner {
  readonly threads: number;
  readonly instructionSet: string;
  readonly #addon: Addon;
  readonly #engine: AddonEngine;
  /** The addon itself holds bytes. */
  readonly #held = new Map<string, Held>();

  /** @throws AddonError if there is no addon that works, Error if it has no such instruction set */
  constructor({ threads, instructionSet }: AddonRunnerOptions) {
    this.#addon = loadAddon();
    this.#engine = this.#addon.openEngine(threads, instructionSet);
    ({ threads: this.threads, instructionSet: this.instructionSet } = this.#addon.describe(this.#engine));
  }

  /** @throws MemoryError if the machine has not got what the plan needs */
  load(plan: Plan): AddonPlan {
    requireMemory(plan, (name) => this.#held.has(name));
    const addon = this.#addon;
    const names = plan.variables.map(({ name }) => name);
    const executable = addon.load(this.#engine, encodePlan(plan), plan.constants, names);
    return {
      run: (feeds, options, signal, into) => this.#run(plan, executable, { feeds, options, signal, into }),
      release: () => addon.release(executable),
      measure: () => addon.measure(executable, true),
      get nanoseconds() {
        return addon.nanoseconds(executable);
      },
      get loops() {
        return addon.loops(executable);
      },
    };
  }

  held(variable: string): Held | undefined {
    return this.#held.get(variable);
  }

  read(names: readonly string[]): Map<string, TensorData> {
    return new Map(
      names.map((name) => {
        const { dtype, length } = requireVariable(this.#held.get(name), name);
        const values = allocate(dtype, length);
        this.#addon.read(this.#engine, name, values);
        return [name, values];
      }),
    );
  }

  write(values: ReadonlyMap<string, Values>): void {
    for (const [name, data] of values) {
      const own = data instanceof Float64Array ? Float32Array.from(data) : data;
      this.#addon.write(this.#engine, name, own);
      this.#held.set(name, heldAs(own));
    }
  }

  close(): void {
    this.#addon.close(this.#engine);
  }

  #run(
    plan: Plan,
    executable: AddonExecutable,
    { feeds, options, signal, into }: RunRequest,
  ): readonly TensorData[] | Promise<readonly TensorData[]> {
    const { steps, firstStep, seed } = options;
    const outputs = plan.outputs.map(({ dtype, size }, i) => arrayFor(dtype, size * steps, into?.[i]));
    const isCancellable = signal !== undefined;
    const key = wordsOf(seed);
    const done = this.#addon.run(executable, feeds, outputs, steps, firstStep, ...key, isCancellable);
    return done ? this.#finish(done, outputs, signal) : outputs;
  }

  async #finish(
    done: Promise<void>,
    outputs: readonly TensorData[],
    signal?: AbortSignal,
  ): Promise<readonly TensorData[]> {
    const cancel = () => this.#addon.cancel(this.#engine);
    signal?.addEventListener('abort', cancel);
    try {
      await done;
      return outputs;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }
}

/** An array that is to be written whole: `used` if it fits, or a new one on which no time is spent for zeros. */
function arrayFor(dtype: DType, length: number, used?: Values): TensorData {
  const Type = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array;
  if (used instanceof Type && used.length === length) return used;
  return new Type(Buffer.allocUnsafeSlow(length * bytesPerElement(dtype)).buffer);
}

interface RunRequest {
  readonly feeds: readonly TensorData[];
  readonly options: CheckedRunOptions;
  readonly signal?: AbortSignal;
  readonly into?: readonly Values[];
}
