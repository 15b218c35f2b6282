/** Small data, models and runs for the tests of systems, inference, evaluation and training. */
import type { Column, SampleSpec, Samples } from '../data/index.js';
import {
  type Engine,
  evaluate,
  type Feeds,
  initialValues,
  type RunOptions,
  type Values,
} from '../engine/index.js';
import type { SampleSource } from '../evaluation/index.js';
import { type Scope, VariableTable } from '../nn/index.js';
import {
  type Batch,
  type DataDescription,
  describeData,
  type Model,
  type System,
  type Term,
  toWeighted,
} from '../systems/index.js';
import { input, Program, sizeOf, type Tensor, topologicalOrder, Variable } from '../tensor/index.js';
import { type OrderedSamples, type TrainingDefinition, trainingOptionsFor } from '../training/index.js';

export interface Toy {
  readonly data: DataDescription;
  readonly samples: Samples;
  /** All samples in their own order, again and again. */
  readonly trainingSamples: OrderedSamples;
  readonly source: SampleSource;
}

/** @param labels classes of the samples; there are as many classes as the largest label says */
export function toy(spec: SampleSpec, values: ArrayLike<number>, labels?: ArrayLike<number>): Toy {
  const x = spec.dtype === 'uint8' ? Uint8Array.from(values) : Float32Array.from(values);
  const width = sizeOf(spec.shape);
  const size = x.length / width;
  const samples: Samples = labels ? { x, labels: Int32Array.from(labels) } : { x };
  const classes = labels && Math.max(...Array.from(labels)) + 1;
  const at = (first: number, count: number): Samples => {
    const rows = Array.from({ length: count }, (_, i) => (first + i) % size);
    const part = x.slice(0, 0).constructor as new (length: number) => typeof x;
    const taken = new part(count * width);
    rows.forEach((row, i) => {
      taken.set(x.subarray(row * width, (row + 1) * width), i * width);
    });
    const { labels: all } = samples;
    return all ? { x: taken, labels: Int32Array.from(rows, (row) => all[row]) } : { x: taken };
  };
  return {
    data: describeData(spec, { classes, size }),
    samples,
    trainingSamples: { read: async (first, count) => at(first, count) },
    source: { size, read: async (first, count) => at(first, count) },
  };
}

/** Columns that models see as they are stored. */
export function numericTable(columns: number): SampleSpec {
  return tableOf(Array.from({ length: columns }, (_, i) => ({ name: `x${i}`, type: 'numeric' as const })));
}

export function tableOf(columns: readonly Column[]): SampleSpec {
  return { kind: 'table', shape: [columns.length], dtype: 'float32', columns };
}

export function pictures(
  height: number,
  width: number,
  channels: number,
  dtype: 'uint8' | 'float32' = 'uint8',
): SampleSpec {
  return {
    kind: 'image',
    shape: [height, width, channels],
    dtype,
    range: dtype === 'uint8' ? [0, 255] : [0, 1],
  };
}

/** Options as the command line would hand them over. */
export function optionsOf(system: System, given: Record<string, unknown> = {}): Record<string, unknown> {
  return system.options.parse(given);
}

/** What a run needs, with `training` options filled up. */
export function runOf(
  system: System,
  { data, trainingSamples, source }: Toy,
  engine: Engine,
  {
    options = {},
    training = {},
    ...rest
  }: {
    options?: Record<string, unknown>;
    training?: Record<string, unknown>;
  } & Pick<TrainingDefinition, 'resume' | 'signal'> = {},
): TrainingDefinition {
  const given = optionsOf(system, options);
  return {
    system,
    options: given,
    data,
    training: trainingOptionsFor({ system, options: given, data }, training),
    engine,
    trainingSamples,
    validation: source,
    ...rest,
  };
}

export interface Built {
  readonly table: VariableTable;
  readonly scope: Scope;
  readonly model: Model;
  /** Inputs for `count` samples. */
  batch(count: number): Batch;
}

/** A model of a system for some data. */
export function build(
  system: System,
  data: DataDescription,
  options: Record<string, unknown> = {},
  { training = true, table = new VariableTable() }: { training?: boolean; table?: VariableTable } = {},
): Built {
  const scope = table.scope({ training });
  return {
    table,
    scope,
    model: system.build(data, optionsOf(system, options), scope),
    batch: (count) => ({
      x: data.toModel(input('x', [count, ...data.spec.shape], data.spec.dtype)),
      ...(data.classes > 0 ? { labels: input('labels', [count], 'int32') } : {}),
    }),
  };
}

/** The tensor of a term, before its weight. */
export const termValue = (term: Term): Tensor => toWeighted(term).value;

/** Values of tensors in float64, as plain numbers. Variables hold their initial values but for those that are given. */
export function compute(
  roots: readonly Tensor[],
  { values = {}, ...options }: { values?: Feeds; seed?: number; step?: number } = {},
): number[][] {
  const variables = topologicalOrder(roots).filter((node) => node instanceof Variable);
  const initial = Object.fromEntries(initialValues(variables, 1));
  return evaluate(roots, { values: { ...initial, ...values }, ...options }).map((list) => Array.from(list));
}

/** Values of tensors on an engine, whose variables hold their initial values but for those that are given. */
export async function valuesOn<Names extends string>(
  engine: Engine,
  outputs: Readonly<Record<Names, Tensor>>,
  {
    feeds = {},
    weights = new Map(),
    ...options
  }: RunOptions & { feeds?: Feeds; weights?: ReadonlyMap<string, Values> } = {},
): Promise<Record<Names, Values>> {
  const program = new Program({ outputs });
  const executable = await engine.compile(program);
  await engine.variables.write(initialValues(program.variables.values(), options.seed ?? 0));
  await engine.variables.write(weights);
  const fetched = await executable.run(feeds, options);
  await executable.dispose();
  const values = Object.keys(outputs).map((name) => [name, fetched[name]]);
  return Object.fromEntries(values) as Record<Names, Values>;
}
