/** Carries out draws that are made in steps: their state lives in an engine, which makes many steps in one call. */
import type { Engine, Executable } from '../engine/index.js';
import { allocate, input, Program, sizeOf, step, type Tensor, Variable } from '../tensor/index.js';
import type { Drawing } from './prior.js';

export interface DrawingOptions {
  /** How many codes are drawn at once. */
  readonly batchSize: number;
  /** Class of each code, where there are classes to speak of. */
  readonly labels?: Int32Array;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Called as positions of all codes are drawn. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Steps between two looks at the signal. */
const STEPS_PER_CALL = 16;
const LABELS = 'drawing.labels';
const stateName = (name: string) => `drawing.state.${name}`;

/**
 * Draws codes [count, ...] in batches. Batches have noise of their own: the streams of a step are those of its number,
 * counted over all batches.
 *
 * @param build what draws `batchSize` codes, given their classes
 */
export async function drawInSteps(
  engine: Engine,
  count: number,
  build: (count: number, labels: Tensor | undefined) => Drawing,
  { batchSize, labels, seed, signal, onProgress }: DrawingOptions,
): Promise<Float32Array> {
  const classes =
    labels && new Variable(LABELS, [batchSize], () => new Int32Array(batchSize), { dtype: 'int32' });
  const drawing = build(batchSize, classes);
  const state = new Map(
    Object.entries(drawing.state).map(([name, { shape, dtype }]) => [
      name,
      new Variable(stateName(name), shape, () => new Float32Array(sizeOf(shape)), { dtype }),
    ]),
  );
  const now: Record<string, Tensor> = Object.fromEntries(state);
  const first = input('first', [], 'int32');
  const parts: { steps: number; executable: Executable }[] = [];
  for (const { steps, step: after } of drawing.parts) {
    const updates = new Map(
      Object.entries(after(now, step().sub(first))).map(([name, value]) => {
        const variable = state.get(name);
        if (!variable) throw new Error(`drawing: a step gives '${name}', which is no part of the state`);
        return [variable, value];
      }),
    );
    parts.push({ steps, executable: await engine.compile(new Program({ updates })) });
  }
  const total = parts.reduce((sum, { steps }) => sum + steps, 0);
  const result = await engine.compile(
    new Program({ outputs: { codes: drawing.codes(now).cast('float32') } }),
  );
  const empty = new Map(Array.from(state.values(), ({ name, dtype, size }) => [name, allocate(dtype, size)]));
  const batches = Math.ceil(count / batchSize);
  let codes: Float32Array | undefined;
  try {
    for (let batch = 0; batch < batches; batch++) {
      await engine.variables.write(empty);
      const start = batch * batchSize;
      if (labels) await engine.variables.write(new Map([[LABELS, filledUp(labels, start, batchSize)]]));
      let begin = batch * total;
      for (const { steps, executable } of parts) {
        for (let done = 0; done < steps; done += STEPS_PER_CALL) {
          signal?.throwIfAborted();
          const now = Math.min(STEPS_PER_CALL, steps - done);
          const feeds = { first: new Int32Array(now).fill(begin) };
          await executable.run(feeds, { steps: now, firstStep: begin + done, seed, signal });
          onProgress?.(begin + done + now, batches * total);
        }
        begin += steps;
      }
      const { codes: drawn } = await result.run({}, { signal });
      const width = drawn.length / batchSize;
      codes ??= new Float32Array(count * width);
      codes.set(
        Float32Array.from(drawn).subarray(0, Math.min(batchSize, count - start) * width),
        start * width,
      );
    }
  } finally {
    for (const { executable } of parts) await executable.dispose();
    await result.dispose();
  }
  return codes ?? new Float32Array(0);
}

/** Labels from `start` on; beyond their end the first one fills up. */
function filledUp(labels: Int32Array, start: number, length: number): Int32Array {
  const filled = new Int32Array(length).fill(labels[0]);
  filled.set(labels.subarray(start, start + length));
  return filled;
}
