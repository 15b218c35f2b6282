/** The codes of many samples, taken from a trained model: what priors are fitted on. */
import { type Samples, TrainingOrder } from '../data/index.js';
import type { SampleSource } from '../evaluation/index.js';
import type { ModelRunner } from '../inference/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { type Model, OptionError } from '../systems/index.js';
import { concat, sizeOf, type Tensor, zeros } from '../tensor/index.js';
import type { OrderedSamples } from '../training/index.js';
import { type CodeDescription, describeGrids, describeVectors, type StoredVectors } from './description.js';
import type { Prior } from './prior.js';

/** Codes as stored rows [count, width], with the classes of the samples where they have any. */
export interface CodeRows {
  readonly count: number;
  readonly x: Float32Array;
  readonly labels?: Int32Array;
}

/** A trained model that takes no further part in training. */
export type FrozenModel = Pick<ModelRunner, 'build' | 'data' | 'settings' | 'table'>;

export const codeValues = ['auto', 'mean', 'draw'] as const;
/**
 * What of an uncertain code a prior is fitted on. The aggregate posterior, which samples should come from, is that of
 * draws; means alone are narrower. auto: draws where there is a posterior.
 */
export type CodeValues = (typeof codeValues)[number];

export interface CollectOptions {
  readonly codes: Prior['codes'];
  readonly values?: CodeValues;
  /** Key of the draws. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Samples whose codes are computed at a time. */
const CHUNK = 2048;

/**
 * The codes of a part of the data.
 *
 * @throws OptionError if draws are asked for where codes are certain
 */
export async function collectCodes(
  runner: ModelRunner,
  source: SampleSource,
  { codes, values = 'auto', seed = 0, signal }: CollectOptions,
): Promise<CodeRows> {
  const row = rowOf(runner, codes, values);
  let [x, width]: [Float32Array, number] = [new Float32Array(0), 0];
  let labels: Int32Array | undefined;
  for (let start = 0; start < source.size; start += CHUNK) {
    const size = Math.min(CHUNK, source.size - start);
    const samples = await source.read(start, size);
    const options = { seed, firstStep: start, isObserved: true, signal };
    const { rows } = await runner.mapSamples(
      `codes ${codes} ${values}`,
      samples,
      (batch, { model }) => ({ rows: row(model, batch.x.shape[0], batch) }),
      options,
    );
    if (start === 0) {
      width = rows.length / size;
      x = new Float32Array(source.size * width);
      if (samples.labels && runner.data.classes > 0) labels = new Int32Array(source.size);
    }
    x.set(rows, start * width);
    if (labels && samples.labels) labels.set(samples.labels, start);
  }
  return { count: source.size, x, ...(labels ? { labels } : {}) };
}

type Row = (model: Model, count: number, batch: Parameters<Model['encode']>[0]) => Tensor;

/** What is stored of a batch, [batch, width]. */
function rowOf(runner: ModelRunner, codes: Prior['codes'], values: CodeValues): Row {
  if (codes === 'grids') {
    const maps = runner.build().discrete?.maps ?? [];
    return (model, count, batch) =>
      concat(
        (model.discrete?.indices(batch) ?? []).map((map, i) =>
          map.cast('float32').reshape([count, sizeOf(maps[i].shape)]),
        ),
      );
  }
  const stored = storedVectors(runner, values);
  return (model, _, batch) => {
    const q = model.posterior?.(batch);
    if (stored === 'posteriors' && q instanceof DiagonalNormal)
      return concat([q.mean.flatten(), q.logVar.broadcastTo(q.mean.shape).flatten()]);
    return (values === 'mean' || !q ? model.encode(batch) : q.sample()).flatten();
  };
}

/** What rows of a model's codes hold. @throws OptionError if draws are asked for where codes are certain */
export function storedVectors(runner: FrozenModel, values: CodeValues): StoredVectors {
  const { posterior } = runner.build();
  if (values === 'draw' && !posterior) {
    const { name } = runner.settings.system;
    throw new OptionError('fitOn', `codes of ${name} are certain, so there is nothing to draw; leave it out`);
  }
  return values !== 'mean' && isNormal(runner) ? 'posteriors' : 'codes';
}

/** Whether the posterior is normal, with independent coordinates. */
export function isNormal(runner: FrozenModel): boolean {
  const { spec, classes, toModel } = runner.data;
  const x = toModel(zeros([1, ...spec.shape], spec.dtype));
  const q = runner.build().posterior?.(classes > 0 ? { x, labels: zeros([1], 'int32') } : { x });
  return q instanceof DiagonalNormal;
}

/**
 * The codes as a prior sees them, measured on those of the training part.
 *
 * @param rows as `collectCodes` gives them for the same values
 */
export function describeCodes(
  runner: FrozenModel,
  { count, x }: CodeRows,
  { codes, values = 'auto' }: Pick<CollectOptions, 'codes' | 'values'>,
): CodeDescription {
  const facts = { classes: runner.data.classes, size: count };
  const { codeShape: shape, discrete } = runner.build();
  if (codes === 'grids') return describeGrids({ maps: discrete?.maps ?? [], ...facts });
  const stored = storedVectors(runner, values);
  return describeVectors({ shape, stored, ...momentsOf(x, sizeOf(shape), stored), ...facts });
}

/** Mean and deviation of each coordinate of codes: of normal posteriors, Var m + E e^s. That of a constant one is 1. */
function momentsOf(x: Float32Array, size: number, stored: StoredVectors) {
  const width = stored === 'posteriors' ? 2 * size : size;
  const count = x.length / width;
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  for (let i = 0; i < count; i++) for (let j = 0; j < size; j++) mean[j] += x[i * width + j] / count;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < size; j++) {
      const own = stored === 'posteriors' ? Math.exp(x[i * width + size + j]) : 0;
      variance[j] += ((x[i * width + j] - mean[j]) ** 2 + own) / count;
    }
  }
  return {
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(variance, (value) => Math.sqrt(value) || 1),
  };
}

/** Rows again and again, every time in an order of their own. */
export function orderedRows(rows: CodeRows, width: number, seed: number): OrderedSamples {
  const order = new TrainingOrder({ size: rows.count, at: (position) => position }, seed);
  return { read: async (first, count) => take(rows, width, order.indices(first, count)) };
}

/** Rows by position. */
export function rowSource(rows: CodeRows, width: number): SampleSource {
  return {
    size: rows.count,
    read: async (start, count) =>
      take(
        rows,
        width,
        Uint32Array.from({ length: count }, (_, i) => start + i),
      ),
  };
}

function take({ x, labels }: CodeRows, width: number, indices: Uint32Array): Samples {
  const taken = new Float32Array(indices.length * width);
  indices.forEach((index, i) => {
    taken.set(x.subarray(index * width, (index + 1) * width), i * width);
  });
  return labels ? { x: taken, labels: Int32Array.from(indices, (index) => labels[index]) } : { x: taken };
}
