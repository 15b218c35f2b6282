/**
 * Runs compiled models on ONNX Runtime and keeps the variables between runs. Plain data in and out: it is the half of
 * the engine that lives in a worker.
 */
import type * as Ort from 'onnxruntime-common';
import { RandomStream } from '../../random/index.js';
import { allocate, type DType, type Shape, sizeOf, type TensorData, toData } from '../../tensor/index.js';
import type { Feeds, RunOptions, Values } from '../engine.js';
import { type CompiledModel, FIRST_STEP, type Manifest, type Slot, STEPS, updatedName } from './model.js';

/** What onnxruntime-node and onnxruntime-web have in common. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

export interface RunnerOptions {
  /** Threads that share one operator's work. */
  threads: number;
  /** Execution providers in order of preference. @default ['cpu'] */
  providers?: readonly string[];
}

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
      // A denormal costs a hundred times a normal number, and gradients that fade out are full of them.
      extra: { session: { set_denormal_as_zero: '1' } },
      logSeverityLevel: 3,
    });
    this.#models.set(++this.#loaded, { session, manifest });
    return this.#loaded;
  }

  async release(model: number): Promise<void> {
    const loaded = this.#models.get(model);
    this.#models.delete(model);
    await loaded?.session.release();
  }

  read(names: Iterable<string>): Map<string, TensorData> {
    return new Map(Array.from(names, (name) => [name, this.#variable(name)]));
  }

  write(values: ReadonlyMap<string, Values>): void {
    for (const [name, data] of values)
      this.#variables.set(name, data instanceof Float64Array ? Float32Array.from(data) : data);
  }

  async run(model: number, feeds: Feeds, options: Omit<RunOptions, 'signal'>): Promise<Results> {
    const loaded = this.#models.get(model);
    if (!loaded) throw new Error('run: this executable has been disposed of');
    const { steps = 1, firstStep = 0, seed = 0 } = options;
    const outputs = allocateOutputs(loaded.manifest, steps);
    if (loaded.manifest.loops) await this.#loop(loaded, feeds, { from: 0, steps, firstStep, seed }, outputs);
    else
      for (let k = 0; k < steps; k++)
        await this.#once(loaded, feeds, { from: k, steps: 1, firstStep, seed }, outputs);
    return outputs;
  }

  /** A step of a program without updates. */
  async #once({ session, manifest }: Loaded, feeds: Feeds, part: Part, outputs: Results): Promise<void> {
    const results = await session.run(this.#inputs(manifest, feeds, part, false));
    for (const [name, slot] of Object.entries(manifest.outputs)) {
      outputs[name].set(dataOf(results[slot.name]), part.from * sizeOf(slot.shape));
    }
  }

  /**
   * All steps in one call. Inputs are not written to, so the state before the call is still at hand when the guard of
   * some step turns out false: the steps before it are run again and kept, the step itself leaves nothing, and the
   * rest follows.
   */
  async #loop(loaded: Loaded, feeds: Feeds, part: Part, outputs: Results): Promise<void> {
    const { session, manifest } = loaded;
    let { from } = part;
    const end = part.from + part.steps;
    while (from < end) {
      const results = await session.run(
        this.#inputs(manifest, feeds, { ...part, from, steps: end - from }, true),
      );
      const kept = manifest.guard === undefined ? end - from : dataOf(results[manifest.guard]).indexOf(0);
      const done = manifest.guard === undefined || kept < 0 ? end - from : kept + 1;
      for (const [name, slot] of Object.entries(manifest.outputs)) {
        const size = sizeOf(slot.shape);
        outputs[name].set(dataOf(results[slot.name]).subarray(0, done * size), from * size);
      }
      if (kept < 0 || kept === end - from) this.#commit(manifest, results);
      else if (kept > 0)
        this.#commit(
          manifest,
          await session.run(this.#inputs(manifest, feeds, { ...part, from, steps: kept }, true)),
        );
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
    for (const [name, slot] of Object.entries(manifest.variables))
      put(slot, this.#variable(name), slot.shape);
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

  #variable(name: string): TensorData {
    const value = this.#variables.get(name);
    if (!value) throw new Error(`variable '${name}' has no value yet; write its initial value first`);
    return value;
  }
}

/** Steps [from, from + steps) of a call. */
interface Part {
  from: number;
  steps: number;
  firstStep: number;
  seed: number;
}

function allocateOutputs(manifest: Manifest, steps: number): Results {
  const make = ({ dtype, shape }: { dtype: DType; shape: Shape }) => allocate(dtype, steps * sizeOf(shape));
  return Object.fromEntries(Object.entries(manifest.outputs).map(([name, slot]) => [name, make(slot)]));
}

function dataOf(tensor: Ort.OnnxValue): TensorData {
  return tensor.data as TensorData;
}
