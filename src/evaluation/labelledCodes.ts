/** Codes of samples whose class is known: what classifiers and clusters are held against. */
import { type Samples, UNKNOWN } from '../data/index.js';
import type { BatchContext, ModelRunner } from '../inference/index.js';
import type { Batch } from '../systems/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import type { LabelledRows } from './softmaxRegression.js';
import { CHUNK, type SampleSource } from './sources.js';

/** Why codes cannot be held against classes, if they cannot. */
export function lacksLabelledCodes(runner: ModelRunner): string | undefined {
  const { system } = runner.settings;
  if (runner.data.classes === 0) return 'the samples have no classes';
  if (system.isGenerator) return `${system.name} has no encoder`;
  return runner.isConditional ? `${system.name} is told the class when it encodes` : undefined;
}

interface LabelledRequest {
  readonly runner: ModelRunner;
  readonly signal?: AbortSignal;
}

/** Codes of the first samples of known class, at most `limit`. */
export function labelledCodes(
  request: LabelledRequest,
  source: SampleSource,
  limit: number,
): Promise<LabelledRows> {
  return labelledRows(request, source, limit, 'codes', (batch, { model }) => model.encode(batch).flatten());
}

/**
 * A function of the first samples of known class, at most `limit`.
 *
 * @param key names the function
 * @param f   to [batch, dimensions]
 */
export async function labelledRows(
  { runner, signal }: LabelledRequest,
  source: SampleSource,
  limit: number,
  key: string,
  f: (batch: Batch, context: BatchContext) => Tensor,
): Promise<LabelledRows> {
  const parts: Float32Array[] = [];
  const labels: number[] = [];
  for await (const samples of knownSamples(runner, source, limit)) {
    const rows = await runner.mapSamples(key, samples, (batch, context) => ({ [key]: f(batch, context) }), {
      signal,
    });
    parts.push(rows[key]);
    for (const label of samples.labels ?? []) labels.push(label);
  }
  const features = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    features.set(part, filled);
    filled += part.length;
  }
  const dimensions = labels.length > 0 ? features.length / labels.length : 0;
  return { features, labels: Int32Array.from(labels), dimensions, classes: runner.data.classes };
}

/** The first samples of known class, at most `limit`, some at a time. */
export async function* knownSamples(
  runner: ModelRunner,
  source: SampleSource,
  limit: number,
): AsyncGenerator<Samples> {
  const width = sizeOf(runner.data.spec.shape);
  let left = limit;
  for (let start = 0; start < source.size && left > 0; start += CHUNK) {
    const { x, labels = [] } = await source.read(start, Math.min(CHUNK, source.size - start));
    const known = Array.from(labels.keys())
      .filter((n) => labels[n] !== UNKNOWN)
      .slice(0, left);
    if (known.length === 0) continue;
    const rows = x.slice(0, known.length * width);
    known.forEach((n, i) => {
      rows.set(x.subarray(n * width, (n + 1) * width), i * width);
    });
    left -= known.length;
    yield { x: rows, labels: Int32Array.from(known, (n) => labels[n]) };
  }
}
