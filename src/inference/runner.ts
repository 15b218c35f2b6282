/**
 * Runs parts of a built model over any number of samples: a function of one batch is compiled once for a few batch
 * sizes, and the last batch is filled up and cut.
 */

import type { Samples } from '../data/index.js';
import type { Engine, Executable, Feeds } from '../engine/index.js';
import { type Scope, VariableTable } from '../nn/index.js';
import {
  type Batch,
  type DataDescription,
  type Model,
  type System,
  toWeighted,
  type WeightedTerm,
} from '../systems/index.js';
import {
  input,
  Program,
  type Shape,
  sizeOf,
  substitute,
  type Tensor,
  type Variable,
  zeros,
} from '../tensor/index.js';

export interface ModelDefinition {
  readonly system: System;
  /** Options as the system's schema returns them. */
  readonly options: Record<string, unknown>;
  readonly data: DataDescription;
}

export interface RunnerSettings extends ModelDefinition {
  readonly engine: Engine;
  /** Variables of all builds of the model. */
  readonly table?: VariableTable;
  /** Variables to read in the place of others, such as averages of weights. */
  readonly replacements?: ReadonlyMap<Variable, Variable>;
}

/** What a batch function may use. */
export interface BatchContext {
  readonly model: Model;
  readonly data: DataDescription;
  /** Number of samples of this batch. */
  readonly size: number;
}

export interface MapOptions {
  /** Key of the random streams. @default 0 */
  seed?: number;
  /** Step of the random streams at the first batch. @default 0 */
  firstStep?: number;
  signal?: AbortSignal;
}

/** Values of one output for all samples, row-major [count, ...]. */
export type Rows = Record<string, Float32Array>;

const BATCH_SIZES = [256, 32, 1];

export class ModelRunner {
  readonly table: VariableTable;
  readonly #compiled = new Map<string, Promise<Executable>>();

  constructor(readonly settings: RunnerSettings) {
    this.table = settings.table ?? new VariableTable();
  }

  get data(): DataDescription {
    return this.settings.data;
  }

  /** Builds the model as evaluation sees it, in a fresh scope. */
  build(scope: Scope = this.table.scope({ training: false })): Model {
    const { system, options, data } = this.settings;
    return system.build(data, options, scope);
  }

  /** Weight and role of each term of the objective. */
  weights(): Record<string, Pick<WeightedTerm, 'weight' | 'role'>> {
    const { spec, classes } = this.data;
    const labels = classes > 0 ? { labels: zeros([1], 'int32') } : {};
    const terms = this.build().objective({
      x: this.data.toModel(zeros([1, ...spec.shape], spec.dtype)),
      ...labels,
    });
    return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, toWeighted(term)]));
  }

  /**
   * Applies a function of a batch of samples to all samples.
   *
   * @param key names the function: it is compiled once per key and batch size
   * @param f   from a batch to tensors [batch, ...]
   */
  mapSamples(
    key: string,
    samples: Samples,
    f: (batch: Batch, context: BatchContext) => Record<string, Tensor>,
    options: MapOptions = {},
  ): Promise<Rows> {
    const { spec, classes } = this.data;
    const inputs = { x: { shape: spec.shape, dtype: spec.dtype }, ...labelsInput(classes) };
    const feeds: Feeds = {
      x: samples.x,
      ...(samples.labels && classes > 0 ? { labels: samples.labels } : {}),
    };
    const count = samples.x.length / sizeOf(spec.shape);
    const batchOf = ({ x, ...rest }: Record<string, Tensor>): Batch => ({ ...rest, x: this.data.toModel(x) });
    return this.#map(key, inputs, feeds, count, (tensors, context) => f(batchOf(tensors), context), options);
  }

  /** Applies a function of a batch of codes, with classes where the data has them, to all codes [count, ...code]. */
  mapCodes(
    key: string,
    codes: { values: Float32Array; shape: Shape; labels?: Int32Array },
    f: (code: Tensor, labels: Tensor | undefined, context: BatchContext) => Record<string, Tensor>,
    options: MapOptions = {},
  ): Promise<Rows> {
    const inputs = {
      code: { shape: codes.shape, dtype: 'float32' as const },
      ...(codes.labels ? labelsInput(this.data.classes) : {}),
    };
    const feeds: Feeds = { code: codes.values, ...(codes.labels ? { labels: codes.labels } : {}) };
    const count = codes.values.length / sizeOf(codes.shape);
    return this.#map(
      key,
      inputs,
      feeds,
      count,
      ({ code, labels }, context) => f(code, labels, context),
      options,
    );
  }

  /** Applies a function that draws `size` samples until there are `count`. */
  generate(
    key: string,
    count: number,
    labels: Int32Array | undefined,
    f: (labels: Tensor | undefined, context: BatchContext) => Record<string, Tensor>,
    options: MapOptions = {},
  ): Promise<Rows> {
    const inputs = labels ? labelsInput(this.data.classes) : {};
    return this.#map(
      key,
      inputs,
      labels ? { labels } : {},
      count,
      (tensors, context) => f(tensors.labels, context),
      options,
    );
  }

  /** Forgets everything compiled. */
  async dispose(): Promise<void> {
    const all = await Promise.allSettled(this.#compiled.values());
    this.#compiled.clear();
    for (const result of all) if (result.status === 'fulfilled') await result.value.dispose();
  }

  async #map(
    key: string,
    inputs: Record<string, { shape: Shape; dtype: Tensor['dtype'] }>,
    feeds: Feeds,
    count: number,
    f: (tensors: Record<string, Tensor>, context: BatchContext) => Record<string, Tensor>,
    { seed = 0, firstStep = 0, signal }: MapOptions,
  ): Promise<Rows> {
    const size = BATCH_SIZES.find((candidate) => candidate <= count) ?? 1;
    const executable = await this.#executable(`${key} ${size} ${Object.keys(feeds)}`, () => {
      const tensors = Object.fromEntries(
        Object.entries(inputs)
          .filter(([name]) => name in feeds)
          .map(([name, { shape, dtype }]) => [name, input(name, [size, ...shape], dtype)]),
      );
      return f(tensors, { model: this.build(), data: this.data, size });
    });
    const rows: Rows = {};
    for (let start = 0, step = firstStep; start < count; start += size, step++) {
      const batch = Object.fromEntries(
        Object.entries(feeds).map(([name, values]) => [name, filledPart(values, start, size, count)]),
      );
      const results = await executable.run(batch, { seed, firstStep: step, signal });
      for (const [name, values] of Object.entries(results)) {
        const width = values.length / size;
        rows[name] ??= new Float32Array(count * width);
        rows[name].set(values.subarray(0, Math.min(size, count - start) * width), start * width);
      }
    }
    return rows;
  }

  #executable(key: string, build: () => Record<string, Tensor>): Promise<Executable> {
    const existing = this.#compiled.get(key);
    if (existing) return existing;
    const outputs = build();
    const names = Object.keys(outputs);
    const replaced = substitute(Object.values(outputs), this.settings.replacements ?? new Map());
    const program = new Program({
      outputs: Object.fromEntries(names.map((name, i) => [name, replaced[i].cast('float32')])),
    });
    const compiled = this.settings.engine.compile(program);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

function labelsInput(classes: number): Record<string, { shape: Shape; dtype: 'int32' }> {
  return classes > 0 ? { labels: { shape: [], dtype: 'int32' } } : {};
}

/** Rows [start, start + size) of count ≥ size rows; beyond the end, the first ones fill up. */
function filledPart<T extends Feeds[string]>(values: T, start: number, size: number, count: number): T {
  const width = values.length / count;
  const part = values.slice(0, size * width) as T;
  part.set(values.subarray(start * width, Math.min(start + size, count) * width));
  return part;
}
