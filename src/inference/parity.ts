/** Whether an exported file computes what the engine computes, on made-up samples and at several batch sizes. */
import { type Column, hasHoles, pictureOf, rowOf, type SampleSpec } from '../data/index.js';
import type { OrtModule } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { type DType, sizeOf, type TensorData } from '../tensor/index.js';
import { type ExportedModel, NOISE, type PortDescription, PRIOR_STREAM } from './export.js';
import type { ModelRunner } from './runner.js';

type InferenceSession = Awaited<ReturnType<OrtModule['InferenceSession']['create']>>;

/** One sample, and a number that is no round one. */
export const PARITY_BATCHES = [1, 5];
/** Rounding of the same sums in another order, relative to the largest value. */
const FLOAT_TOLERANCE = 1e-3;
/** A value halfway between two levels may be rounded to either. */
const LEVEL_TOLERANCE = 1;

/**
 * The largest difference between file and engine: relative to the largest value for floats, in levels for bytes.
 *
 * @throws Error naming the output that differs by more than rounding
 */
export async function checkParity(
  runner: ModelRunner,
  ort: OrtModule,
  model: ExportedModel,
): Promise<number> {
  const session = await ort.InferenceSession.create(model.bytes);
  try {
    const differences: number[] = [];
    for (const batch of PARITY_BATCHES)
      differences.push(await differenceAt(batch, runner, ort, session, model));
    return Math.max(...differences);
  } finally {
    await session.release();
  }
}

async function differenceAt(
  batch: number,
  runner: ModelRunner,
  ort: OrtModule,
  session: InferenceSession,
  model: ExportedModel,
): Promise<number> {
  const feeds = model.inputs.map((port) => ({ ...port, values: exampleFor(port, batch, runner) }));
  const executable = await runner.settings.engine.compile(model.program(batch));
  const expected = await executable.run(Object.fromEntries(feeds.map(({ name, values }) => [name, values])));
  await executable.dispose();
  const tensors = feeds.map(({ name, dtype, shape, values }) => {
    return [name, new ort.Tensor(dtype, values, [batch, ...shape])] as const;
  });
  const actual = await session.run(Object.fromEntries(tensors));
  const differences = model.outputs.map(({ name, dtype }) => {
    const difference = largestDifference(expected[name], actual[name].data as TensorData, dtype);
    if (difference <= (dtype === 'float32' ? FLOAT_TOLERANCE : LEVEL_TOLERANCE)) return difference;
    throw new Error(
      `export: '${name}' of the ${model.name} differs from the engine's by ${difference.toPrecision(3)} at batch ${batch}; the file was not written`,
    );
  });
  return Math.max(...differences);
}

function largestDifference(expected: ArrayLike<number>, actual: ArrayLike<number>, dtype: DType): number {
  let difference = expected.length === actual.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = 1;
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(expected[i] - actual[i]);
    difference = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(difference, gap);
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return dtype === 'float32' ? difference / largest : difference;
}

/** Values that an input may take. The sampler's noise is what the engine draws at seed 0, step 0. */
function exampleFor(
  { name, dtype, shape }: PortDescription,
  batch: number,
  { data }: ModelRunner,
): TensorData {
  const count = batch * sizeOf(shape);
  if (name === NOISE) return new RandomStream(0, PRIOR_STREAM).normal(new Float32Array(count));
  const uniform = new RandomStream(0, `example ${name}`).uniform(new Float32Array(count));
  if (name === 'label') return Int32Array.from(uniform, (u) => Math.floor(u * data.classes));
  if (name === 'x') {
    const samples = exampleSamples(data.spec, uniform);
    return hasHoles(data.spec) ? withSomeMissing(samples) : samples;
  }
  return dtype === 'float32' ? uniform.map((u) => 4 * u - 2) : Int32Array.from(uniform);
}

/** Three in ten. */
function withSomeMissing(samples: TensorData): TensorData {
  const u = new RandomStream(0, 'example holes').uniform(new Float32Array(samples.length));
  return samples.map((value: number, i: number) => (u[i] < 0.3 ? Number.NaN : value));
}

function exampleSamples(spec: SampleSpec, uniform: Float32Array): TensorData {
  const [picture, row] = [pictureOf(spec), rowOf(spec)];
  if (row) return uniform.map((u, i) => exampleCell(row.columns[i % row.columns.length], u));
  // Points lie between −1 and 1.
  const [low, high] = picture?.range ?? [-1, 1];
  const values = uniform.map((u) => low + u * (high - low));
  return spec.dtype === 'uint8' ? Uint8Array.from(values) : values;
}

function exampleCell({ type, mean = 0, deviation = 1, categories = ['0', '1'] }: Column, u: number): number {
  if (type === 'numeric') return mean + (4 * u - 2) * deviation;
  return Math.floor(u * (type === 'count' ? 20 : categories.length));
}
