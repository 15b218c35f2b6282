/**
 * Runs compiled models on ONNX Runtime and keeps the variables between runs. Plain data in and out: it is the half of
 * the engine that lives in a worker.
 */
import type * as Ort from 'onnxruntime-common';
import { RandomStream } from '../../random/index.js';
import { allocate, type DType, type Shape, sizeOf, type TensorData, toData } from '../../tensor/index.js';
import { type CheckedRunOptions, type Feeds, requireVariable, type Values } from '../engine.js';
import { type CompiledModel, FIRST_STEP, type Manifest, type Slot, STEPS, updatedName } from './model.js';

/** What onnxruntime-node and onnxruntime-web have in common. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

export interface RunnerOptions {
  /** Threads that share one operator's work. */
  threads: number;
  /** Execution providers in order of preference. @default ['cpu'] */
  providers?: readonly string[];
}

/** What goes wrong is thrown; it need not be printed as well. */
const QUIET = { logSeverityLevel: 4 } as const;

interface Loaded {
  session: Ort.InferenceSession;
  manifest: Manifest;
}

type Results = Record<string, TensorData>;

export class Runner {
  readonly #models = new Map<number, Loaded>();
  readonly #variables = new Map<string, TensorData>();
  readonly #streams = new Map<string, RandomStream>();
  #loaded = 0;

  constructor(
    readonly ort: OrtModule,
    readonly options: RunnerOptions,
  ) {}

  /** Loads a model and gives the number to run it by. */
  async load({ bytes, manifest }: CompiledModel): Promise<number> {
    const { threads, providers = ['cpu'] } = this.options;
    const session = await this.ort.InferenceSession.create(bytes, {
      executionProviders: [...providers],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      // A plan of a whole step's memory is no faster, and takes half as much again.
      enableMemPattern: false,
      // A denormal costs a hundred times a normal number, and gradients that fade out are full of them.
      extra: { session: { set_denormal_as_zero: '1' } },
      ...QUIET,
    });
    this.#models.set(++this.#loaded, { session, manifest });
    return this.#loaded;
  }

  async release(model: number): Promise<void> {
    const loaded = this.#models.get(model);
    this.#models.delete(model);
    await loaded?.session.release();
  }

  async close(): Promise<void> {
    for (const model of [...this.#models.keys()]) await this.release(model);
    this.#variables.clear();
  }

  read(names: Iterable<string>): Map<string, TensorData> {
    return new Map(Array.from(names, (name) => [name, requireVariable(this.#variables.get(name), name)]));
  }

  write(values: ReadonlyMap<string, Values>): void {
    for (const [name, data] of values)
      this.#variables.set(name, data instanceof Float64Array ? Float32Array.from(data) : data);
  }

  async run(model: number, feeds: Feeds, options: CheckedRunOptions): Promise<Results> {
    const loaded = this.#models.get(model);
    if (!loaded) throw new Error('run: this executable has been disposed of');
    const outputs = allocateOutputs(loaded.manifest, options.steps);
    if (loaded.manifest.loops) {
      await this.#loop(loaded, feeds, { ...options, from: 0 }, outputs);
    } else {
      for (let from = 0; from < options.steps; from++)
        await this.#once(loaded, feeds, { ...options, from, steps: 1 }, outputs);
    }
    return outputs;
  }

  /** A step of a program without updates. */
  async #once({ session, manifest }: Loaded, feeds: Feeds, part: Part, outputs: Results): Promise<void> {
    const results = await session.run(this.#inputs(manifest, feeds, part, false), QUIET);
    for (const [name, slot] of Object.entries(manifest.outputs)) {
      outputs[name].set(dataOf(results[slot.name]), part.from * sizeOf(slot.shape));
    }
  }

  /**
   * All steps in one call. Inputs are not written to, so the state before the call is still at hand when the guard of
   * some step turns out false: the steps before it are run again and kept, the step itself leaves nothing, and the
   * rest follows.
   */
  async #loop({ session, manifest }: Loaded, feeds: Feeds, part: Part, outputs: Results): Promise<void> {
    const run = (from: number, steps: number) =>
      session.run(this.#inputs(manifest, feeds, { ...part, from, steps }, true), QUIET);
    const end = part.from + part.steps;
    for (let from = part.from; from < end; ) {
      const rest = end - from;
      const results = await run(from, rest);
      const refused = manifest.guard === undefined ? -1 : dataOf(results[manifest.guard]).indexOf(0);
      const done = refused < 0 ? rest : refused + 1;
      for (const [name, slot] of Object.entries(manifest.outputs)) {
        const size = sizeOf(slot.shape);
        outputs[name].set(dataOf(results[slot.name]).subarray(0, done * size), from * size);
      }
      if (refused < 0) this.#commit(manifest, results);
      else if (refused > 0) this.#commit(manifest, await run(from, refused));
      from += done;
    }
  }

  #commit(manifest: Manifest, results: Ort.InferenceSession.OnnxValueMapType): void {
    for (const [name, slot] of Object.entries(manifest.variables)) {
      if (slot.updated) this.#variables.set(name, dataOf(results[updatedName(slot)]));
    }
  }

  #inputs(manifest: Manifest, feeds: Feeds, part: Part, stacked: boolean): Record<string, Ort.Tensor> {
    const inputs: Record<string, Ort.Tensor> = {};
    const put = (slot: Slot, data: TensorData, shape: Shape) => {
      inputs[slot.name] = new this.ort.Tensor(slot.dtype, data, shape);
    };
    const lead = (slot: Slot) => (stacked ? [part.steps, ...slot.shape] : slot.shape);
    for (const [name, slot] of Object.entries(manifest.variables)) {
      const value = requireVariable(this.#variables.get(name), name, slot.shape);
      put(slot, toData(slot.dtype, value), slot.shape);
    }
    for (const [name, slot] of Object.entries(manifest.inputs)) {
      const size = sizeOf(slot.shape);
      const data = toData(slot.dtype, feeds[name]).subarray(
        part.from * size,
        (part.from + part.steps) * size,
      );
      put(slot, data, lead(slot));
    }
    for (const slot of manifest.random) put(slot, this.#noise(slot, part), lead(slot));
    const first = part.firstStep + part.from;
    if (stacked) inputs[STEPS] = new this.ort.Tensor('int64', BigInt64Array.of(BigInt(part.steps)), []);
    if (manifest.readsStep) inputs[FIRST_STEP] = new this.ort.Tensor('int32', Int32Array.of(first), []);
    return inputs;
  }

  #noise({ stream, distribution, shape }: Manifest['random'][number], part: Part): Float32Array {
    const size = sizeOf(shape);
    const noise = new Float32Array(part.steps * size);
    const key = `${part.seed} ${stream}`;
    const random = this.#streams.get(key) ?? new RandomStream(part.seed, stream);
    this.#streams.set(key, random);
    for (let k = 0; k < part.steps; k++) {
      random[distribution](noise.subarray(k * size, (k + 1) * size), part.firstStep + part.from + k);
    }
    return noise;
  }
}

/** Steps [from, from + steps) of a call. */
interface Part extends CheckedRunOptions {
  from: number;
}

function allocateOutputs(manifest: Manifest, steps: number): Results {
  const make = ({ dtype, shape }: { dtype: DType; shape: Shape }) => allocate(dtype, steps * sizeOf(shape));
  return Object.fromEntries(Object.entries(manifest.outputs).map(([name, slot]) => [name, make(slot)]));
}

function dataOf(tensor: Ort.OnnxValue): TensorData {
  return tensor.data as TensorData;
}
