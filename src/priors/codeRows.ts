/** The codes of many samples, taken from a trained model: what priors are fitted on. */
import { type Samples, TrainingOrder } from '../data/index.js';
import type { SampleSource } from '../evaluation/index.js';
import type { ModelRunner } from '../inference/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { type Batch, type Model, OptionError } from '../systems/index.js';
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

/** What stands in a row of codes. */
export type StoredCodes = StoredVectors | 'indices';

/** What rows of a model's codes are to hold. @throws OptionError if draws are asked for where codes are certain */
export function storedCodes(
  runner: FrozenModel,
  codes: Prior['codes'],
  values: CodeValues = 'auto',
): StoredCodes {
  if (codes === 'grids') return 'indices';
  const isUncertain = runner.build().posterior !== undefined;
  if (values === 'draw' && !isUncertain) {
    const { name } = runner.settings.system;
    throw new OptionError('fitOn', `codes of ${name} are certain, so there is nothing to draw; leave it out`);
  }
  if (values === 'mean' || !isUncertain) return 'means';
  return isNormal(runner) ? 'posteriors' : 'draws';
}

export interface CollectOptions {
  readonly stored: StoredCodes;
  /** Key of the draws. @default 0 */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Samples whose codes are computed at a time. */
const CHUNK = 2048;

/** The codes of samples, as rows of what is to be stored of them. */
export async function collectCodes(
  runner: ModelRunner,
  source: SampleSource,
  { stored, seed = 0, signal }: CollectOptions,
): Promise<CodeRows> {
  let [x, width]: [Float32Array, number] = [new Float32Array(0), 0];
  let labels: Int32Array | undefined;
  for (let start = 0; start < source.size; start += CHUNK) {
    const size = Math.min(CHUNK, source.size - start);
    const samples = await source.read(start, size);
    const { rows } = await runner.mapSamples(
      `codes ${stored}`,
      samples,
      (batch, { model }) => ({ rows: rowsOf(model, batch, stored) }),
      { seed, firstStep: start, isObserved: true, signal },
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

/** What is stored of a batch, [batch, width]. */
function rowsOf(model: Model, batch: Batch, stored: StoredCodes): Tensor {
  if (stored === 'indices') {
    const maps = model.discrete?.indices(batch) ?? [];
    return concat(maps.map((map) => map.cast('float32').flatten()));
  }
  const q = model.posterior?.(batch);
  if (stored === 'means' || !q) return model.encode(batch).flatten();
  if (stored === 'posteriors' && q instanceof DiagonalNormal)
    return concat([q.mean.flatten(), q.logVar.broadcastTo(q.mean.shape).flatten()]);
  return q.sample().flatten();
}

/** Whether the posterior is normal, with independent coordinates. */
export function isNormal(runner: FrozenModel): boolean {
  const { spec, classes, toModel } = runner.data;
  const x = toModel(zeros([1, ...spec.shape], spec.dtype));
  const q = runner.build().posterior?.(classes > 0 ? { x, labels: zeros([1], 'int32') } : { x });
  return q instanceof DiagonalNormal;
}

/** The codes as a prior sees them, measured on those of the training part. */
export function describeCodes(
  runner: FrozenModel,
  { count, x }: CodeRows,
  stored: StoredCodes,
): CodeDescription {
  const { classes, hasUnknown } = runner.data;
  const facts = { classes, hasUnknown, size: count };
  const { codeShape: shape, discrete } = runner.build();
  if (stored === 'indices') return describeGrids({ maps: discrete?.maps ?? [], ...facts });
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
