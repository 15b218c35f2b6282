/** Codes of samples whose class is known: what classifiers and clusters are held against. */
import { type Samples, UNKNOWN } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { requiresLabels } from '../systems/index.js';
import { sizeOf } from '../tensor/index.js';
import type { LabelledRows } from './softmaxRegression.js';
import { CHUNK, type SampleSource } from './sources.js';

/** Why codes cannot be held against classes, if they cannot. */
export function lacksLabelledCodes(runner: ModelRunner): string | undefined {
  const { system, options } = runner.settings;
  if (runner.data.classes === 0) return 'the samples have no classes';
  if (system.isGenerator) return `${system.name} has no encoder`;
  return requiresLabels(system, options) ? `${system.name} is told the class when it encodes` : undefined;
}

/** Codes of the first samples of known class, at most `limit`. */
export async function labelledCodes(
  { runner, signal }: { readonly runner: ModelRunner; readonly signal?: AbortSignal },
  source: SampleSource,
  limit: number,
): Promise<LabelledRows> {
  const dimensions = sizeOf(runner.build().codeShape);
  const codes: Float32Array[] = [];
  const classes: number[] = [];
  for await (const samples of knownSamples(runner, source, limit)) {
    const rows = await runner.mapSamples(
      'codes',
      samples,
      (batch, { model }) => ({ codes: model.encode(batch) }),
      {
        signal,
      },
    );
    codes.push(rows.codes);
    classes.push(...(samples.labels ?? []));
  }
  const features = new Float32Array(classes.length * dimensions);
  let filled = 0;
  for (const part of codes) {
    features.set(part, filled);
    filled += part.length;
  }
  return { features, labels: Int32Array.from(classes), dimensions, classes: runner.data.classes };
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
