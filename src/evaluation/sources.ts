/** Functions of samples over a whole source, some thousand in memory at a time. */

import type { Samples } from '../data/index.js';
import type { BatchContext, ModelRunner } from '../inference/index.js';
import { RandomStream } from '../random/index.js';
import type { Batch } from '../systems/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';

/** Samples by position. */
export interface SampleSource {
  readonly size: number;
  read(start: number, count: number): Promise<Samples>;
}

/** What of a source is measured, and with which noise. */
export interface SourceOptions {
  /** Key of the noise. @default 0 */
  seed?: number;
  /** Most samples to look at, from the front. @default all */
  limit?: number;
  signal?: AbortSignal;
}

/**
 * Samples as the objectives of a binarised run see them, every grey level black or full intensity: drawn once for each seed
 * and position, so that all draws of a code meet the same sample, and all models the same samples.
 */
export function observedSource(
  { data: { spec, binarise } }: ModelRunner,
  source: SampleSource,
  seed = 0,
): SampleSource {
  if (binarise === 'none' || spec.kind !== 'image') return source;
  const [low, high] = spec.range;
  const size = sizeOf(spec.shape);
  const stream = new RandomStream(seed, 'binarised samples');
  return {
    size: source.size,
    read: async (start, count) => {
      const { x, ...rest } = await source.read(start, count);
      const threshold = new Float32Array(size).fill(0.5);
      const seen = x.slice();
      for (let n = 0; n < count; n++) {
        if (binarise === 'dynamic') stream.uniform(threshold, start + n);
        for (let i = n * size, j = 0; j < size; i++, j++)
          if (!Number.isNaN(x[i])) seen[i] = (x[i] - low) / (high - low) > threshold[j] ? high : low;
      }
      return { x: seen, ...rest };
    },
  };
}

/** Samples in memory at a time. */
export const CHUNK = 2048;

/**
 * Applies a function of a batch to all samples of a source, row-major [count, ...].
 *
 * @param key names the function: it is compiled once per key and batch size
 */
export async function mapSource(
  runner: ModelRunner,
  key: string,
  source: SampleSource,
  { seed = 0, limit = source.size, signal }: SourceOptions,
  f: (batch: Batch, context: BatchContext) => Record<string, Tensor>,
): Promise<Record<string, Float32Array>> {
  const count = Math.min(limit, source.size);
  if (count < 1) throw new Error(`${key}: there are no samples to measure the model on`);
  const rows: Record<string, Float32Array> = {};
  for (let start = 0; start < count; start += CHUNK) {
    const size = Math.min(CHUNK, count - start);
    const options = { seed, firstStep: start, signal };
    const part = await runner.mapSamples(key, await source.read(start, size), f, options);
    for (const [name, values] of Object.entries(part)) {
      const width = values.length / size;
      rows[name] ??= new Float32Array(count * width);
      rows[name].set(values, start * width);
    }
  }
  return rows;
}
