/**
 * Runs parts of a built model over any number of samples: a function of one batch is compiled once for each of a few
 * batch sizes, and the last batch is filled up and cut.
 */
import { type Samples, UNKNOWN } from '../data/index.js';
import type { Engine, Executable, Fetches } from '../engine/index.js';
import { VariableTable } from '../nn/index.js';
import {
  type Batch,
  type DataDescription,
  type Model,
  OptionError,
  requiresEveryLabel,
  requiresLabels,
  type System,
} from '../systems/index.js';
import {
  type DType,
  input,
  Program,
  type Shape,
  show,
  sizeOf,
  substitute,
  type Tensor,
  type TensorData,
  type Variable,
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
  /** Samples of a batch, at most as many as there are. @default as many as are fast */
  batchSize?: number;
  /** Whether samples are seen as objectives see them, binarised where the run is. */
  isObserved?: boolean;
  signal?: AbortSignal;
}

/**
 * Values of each output for all samples, row-major [count, ...]; of an output that is one number for a batch, one for
 * each whole batch.
 */
export type Rows = Record<string, Float32Array>;

/** Values [count, ...shape] that are cut into batches. */
export interface Column {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: TensorData;
}

interface Compiled {
  readonly executable: Executable;
  /** Numbers per sample of each output. */
  readonly widths: ReadonlyMap<string, number>;
  /** Outputs that are one number for a batch. */
  readonly ofBatch: readonly string[];
}

type BatchFunction = (tensors: Record<string, Tensor>, context: BatchContext) => Record<string, Tensor>;

const BATCH_SIZES = [256, 64, 16, 4, 1];
/** Numbers in a batch of samples up to which more of them at once are faster; beyond, they only take memory. */
const MOST_NUMBERS = 2 ** 18;

export class ModelRunner {
  readonly table: VariableTable;
  readonly #compiled = new Map<string, Promise<Compiled>>();

  constructor(readonly settings: RunnerSettings) {
    this.table = settings.table ?? new VariableTable();
  }

  get data(): DataDescription {
    return this.settings.data;
  }

  /** Whether the model is told the class of each sample. */
  get isConditional(): boolean {
    return requiresLabels(this.settings.system, this.settings.options);
  }

  /** Builds the model as evaluation sees it. */
  build(): Model {
    const { system, options, data } = this.settings;
    return system.build(data, options, this.table.scope({ training: false }));
  }

  /**
   * Applies a function of a batch of samples to all samples.
   *
   * @param key names the function: it is compiled once per key and batch size
   * @param f   from a batch to tensors [batch, ...], or numbers of a whole batch
   */
  async mapSamples(
    key: string,
    { x, labels }: Samples,
    f: (batch: Batch, context: BatchContext) => Record<string, Tensor>,
    options?: MapOptions,
  ): Promise<Rows> {
    const { data } = this;
    const { shape, dtype } = data.spec;
    const columns = { x: { shape, dtype, values: x }, ...this.#labelColumn(labels) };
    const count = countRows(key, columns.x);
    return this.#map(
      key,
      columns,
      count,
      (t, context) => f({ ...t, x: options?.isObserved ? data.observe(t.x) : data.toModel(t.x) }, context),
      options,
    );
  }

  /** Applies a function of a batch of codes, with classes where they are given, to all codes [count, ...shape]. */
  async mapCodes(
    key: string,
    { values, shape, labels }: { values: Float32Array; shape: Shape; labels?: Int32Array },
    f: (code: Tensor, labels: Tensor | undefined, context: BatchContext) => Record<string, Tensor>,
    options?: MapOptions,
  ): Promise<Rows> {
    const columns = { code: { shape, dtype: 'float32' as const, values }, ...this.#labelColumn(labels) };
    const count = countRows(key, columns.code);
    return this.#map(key, columns, count, (t, context) => f(t.code, t.labels, context), options);
  }

  /** Applies a function that draws a batch of samples until there are `count`. */
  async generate(
    key: string,
    count: number,
    labels: Int32Array | undefined,
    f: (labels: Tensor | undefined, context: BatchContext) => Record<string, Tensor>,
    options?: MapOptions,
  ): Promise<Rows> {
    return this.#map(key, this.#labelColumn(labels), count, (t, context) => f(t.labels, context), options);
  }

  /** Applies a function of batches of any values, with classes where they are given. @throws Error if counts differ */
  async mapColumns(
    key: string,
    columns: Readonly<Record<string, Column>>,
    labels: Int32Array | undefined,
    f: BatchFunction,
    options?: MapOptions,
  ): Promise<Rows> {
    const [[name, first]] = Object.entries(columns);
    const count = countRows(`${key} ${name}`, first);
    return this.#map(key, { ...columns, ...this.#labelColumn(labels) }, count, f, options);
  }

  /** Forgets everything compiled. */
  async dispose(): Promise<void> {
    const all = await Promise.allSettled(this.#compiled.values());
    this.#compiled.clear();
    for (const result of all) if (result.status === 'fulfilled') await result.value.executable.dispose();
  }

  /** Classes as a column, where there are any to speak of. @throws OptionError naming a class that does not exist */
  #labelColumn(labels: Int32Array | undefined): { labels?: Column } {
    const { classes } = this.data;
    if (!labels || classes === 0) return {};
    const wrong = labels.find((label) => label < UNKNOWN || label >= classes);
    const { system, options } = this.settings;
    if (labels.includes(UNKNOWN) && requiresEveryLabel(system, options)) {
      throw new OptionError(
        'labels',
        `${system.name} is conditioned on the class of each sample, and that of some is not known; leave those samples out`,
      );
    }
    if (wrong !== undefined)
      throw new OptionError('labels', `there is no class ${wrong}; classes are 0 to ${classes - 1}`);
    return { labels: { shape: [], dtype: 'int32', values: labels } };
  }

  async #map(
    key: string,
    columns: Readonly<Record<string, Column>>,
    count: number,
    f: BatchFunction,
    { seed = 0, firstStep = 0, batchSize, signal }: MapOptions = {},
  ): Promise<Rows> {
    for (const [name, column] of Object.entries(columns)) {
      const given = countRows(key, column);
      if (given !== count) throw new Error(`${key}: there are ${given} ${name} for ${count} samples`);
    }
    const most = Math.min(count, MOST_NUMBERS / sizeOf(this.data.shape));
    const size = batchSize ?? BATCH_SIZES.find((candidate) => candidate <= most) ?? 1;
    const { executable, widths, ofBatch } = await this.#compile(key, columns, size, f);
    const rows: Rows = {};
    for (const [name, width] of widths) rows[name] = new Float32Array(count * width);
    for (const name of ofBatch) rows[name] = new Float32Array(Math.floor(count / size));
    let results: Fetches | undefined;
    for (let start = 0, step = firstStep; start < count; start += size, step++) {
      const feeds = Object.entries(columns).map(([name, column]) => [name, batchOf(column, start, size)]);
      const options = { seed, firstStep: step, signal, into: results };
      results = await executable.run(Object.fromEntries(feeds), options);
      const real = Math.min(size, count - start);
      for (const [name, width] of widths)
        rows[name].set(results[name].subarray(0, real * width), start * width);
      if (real === size) for (const name of ofBatch) rows[name].set(results[name], start / size);
    }
    return rows;
  }

  #compile(
    key: string,
    columns: Readonly<Record<string, Column>>,
    size: number,
    f: BatchFunction,
  ): Promise<Compiled> {
    const variant = `${key} ${size} ${Object.keys(columns)}`;
    const existing = this.#compiled.get(variant);
    if (existing) return existing;
    const inputs = Object.entries(columns).map(([name, { shape, dtype }]) => {
      return [name, input(name, [size, ...shape], dtype)] as const;
    });
    const outputs = Object.entries(
      f(Object.fromEntries(inputs), { model: this.build(), data: this.data, size }),
    );
    const tensors = outputs.map(([, tensor]) => tensor.cast('float32'));
    const replaced = substitute(tensors, this.settings.replacements ?? new Map());
    const program = new Program({
      outputs: Object.fromEntries(outputs.map(([name], i) => [name, replaced[i]])),
    });
    const isRows = ([, { rank }]: [string, Tensor]) => rank > 0;
    const widths = new Map(outputs.filter(isRows).map(([name, tensor]) => [name, tensor.size / size]));
    const ofBatch = outputs.filter((output) => !isRows(output)).map(([name]) => name);
    const compiled = this.settings.engine
      .compile(program)
      .then((executable) => ({ executable, widths, ofBatch }));
    this.#compiled.set(variant, compiled);
    return compiled;
  }
}

function countRows(key: string, { values, shape }: Column): number {
  const count = values.length / sizeOf(shape);
  if (Number.isInteger(count)) return count;
  throw new Error(`${key}: ${values.length} values do not divide into rows of shape ${show(shape)}`);
}

/** Rows [start, start + size); beyond the end, the first ones fill up. */
function batchOf({ values, shape }: Column, start: number, size: number): TensorData {
  const width = sizeOf(shape);
  const part = values.subarray(start * width, (start + size) * width);
  if (part.length === size * width) return part;
  const filled = values.slice(0, size * width);
  filled.set(part);
  return filled;
}
