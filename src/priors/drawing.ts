/** Carries out draws that are made in steps: their state lives in an engine, which makes many steps in one call. */
import type { Engine } from '../engine/index.js';
import { Categorical } from '../probability/index.js';
import {
  allocate,
  input,
  Program,
  sizeOf,
  step,
  type Tensor,
  type TensorData,
  Variable,
} from '../tensor/index.js';
import type { Choose, Drawing, DrawingPart } from './prior.js';

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
/** Name of the variable that holds the classes of a batch. */
export const LABELS = 'drawing.labels';
/** The input that says at which step a batch began. */
const FIRST = 'first';

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
  const compiled = await compileDrawing(engine, build, batchSize, labels !== undefined);
  const total = Math.ceil(count / batchSize) * compiled.steps;
  let codes: Float32Array | undefined;
  try {
    for (let start = 0, firstStep = 0; start < count; start += batchSize, firstStep += compiled.steps) {
      await engine.variables.write(compiled.start);
      if (labels) await engine.variables.write(new Map([[LABELS, filledUp(labels, start, batchSize)]]));
      const told = (done: number) => onProgress?.(firstStep + done, total);
      const drawn = await compiled.draw(firstStep, { seed, signal, told });
      const width = drawn.length / batchSize;
      codes ??= new Float32Array(count * width);
      codes.set(drawn.subarray(0, Math.min(batchSize, count - start) * width), start * width);
    }
  } finally {
    await compiled.dispose();
  }
  return codes ?? new Float32Array(0);
}

export interface CompiledDrawing {
  readonly steps: number;
  /** The state before the first step. */
  readonly start: ReadonlyMap<string, TensorData>;
  /** Makes all steps, and gives the codes. */
  draw(firstStep: number, options: DrawOptions): Promise<Float32Array>;
  dispose(): Promise<void>;
}

interface DrawOptions extends Pick<DrawingOptions, 'seed' | 'signal'> {
  /** Called with the steps done. */
  told?(done: number): void;
}

/** The programs of the steps of each part and of what the last one leaves, over a state that the engine keeps. */
export async function compileDrawing(
  engine: Engine,
  build: (count: number, labels: Tensor | undefined) => Drawing,
  batchSize: number,
  hasLabels: boolean,
): Promise<CompiledDrawing> {
  const labels = new Variable(LABELS, [batchSize], () => new Int32Array(batchSize), { dtype: 'int32' });
  const { state, parts, codes } = build(batchSize, hasLabels ? labels : undefined);
  const variables = stateVariables(state, 'drawing.state');
  const now: Readonly<Record<string, Tensor>> = Object.fromEntries(variables);
  const compile = async ({ steps, step: next }: DrawingPart) => {
    const after = next(now, step().sub(input(FIRST, [], 'int32')), drawn);
    const unknown = Object.keys(after).find((name) => !(name in now));
    if (unknown !== undefined)
      throw new Error(`drawing: a step gives '${unknown}', which is no part of the state`);
    const updates = new Map(
      variables.flatMap(([name, variable]) => (after[name] ? [[variable, after[name]]] : [])),
    );
    return { steps, executable: await engine.compile(new Program({ updates })) };
  };
  const compiled: Awaited<ReturnType<typeof compile>>[] = [];
  for (const part of parts) compiled.push(await compile(part));
  const result = await engine.compile(new Program({ outputs: { codes: codes(now).cast('float32') } }));
  return {
    steps: parts.reduce((sum, { steps }) => sum + steps, 0),
    start: new Map(variables.map(([, { name, dtype, size }]) => [name, allocate(dtype, size)])),
    async draw(firstStep, { seed, signal, told }) {
      let begin = firstStep;
      for (const { steps, executable } of compiled) {
        for (let done = 0; done < steps; ) {
          signal?.throwIfAborted();
          const some = Math.min(STEPS_PER_CALL, steps - done);
          const feeds = { [FIRST]: new Int32Array(some).fill(begin) };
          await executable.run(feeds, { steps: some, firstStep: begin + done, seed, signal });
          done += some;
          told?.(begin - firstStep + done);
        }
        begin += steps;
      }
      return Float32Array.from((await result.run({}, { signal })).codes);
    },
    async dispose() {
      for (const { executable } of compiled) await executable.dispose();
      await result.dispose();
    },
  };
}

/** Variables for what steps keep. */
export function stateVariables(
  state: Drawing['state'],
  prefix: string,
): (readonly [name: string, variable: Variable])[] {
  return Object.entries(state).map(([name, { shape, dtype }]) => {
    const zeros = () => new Float32Array(sizeOf(shape));
    return [name, new Variable(`${prefix}.${name}`, shape, zeros, { dtype })] as const;
  });
}

const drawn: Choose = (logits, stream) => new Categorical(logits).sample({ stream });

/** Labels from `start` on; beyond their end the first one fills up. */
function filledUp(labels: Int32Array, start: number, length: number): Int32Array {
  const filled = new Int32Array(length).fill(labels[0]);
  filled.set(labels.subarray(start, start + length));
  return filled;
}
