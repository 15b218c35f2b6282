/**
 * Indices of codes as bytes, and back, by a range coder under a prior that draws in steps.
 *
 * Reading needs each index before it can have the probabilities of the next, and these must be those that were written
 * with, to the last bit. So both go the same way: the same programs, step by step, over batches of the same size. A step's
 * logits depend on what is chosen before them and on nothing else; writing, all choices of a step are known and one run
 * gives their logits, and reading, there is a run of the same program for each. What batch size, engine and instruction set
 * change are last bits, which is enough to read nonsense; the number of threads changes none.
 */
import type { Engine, Executable } from '../../engine/index.js';
import { allocate, concat, input, Program, type Tensor, type TensorData } from '../../tensor/index.js';
import { stateVariables } from '../drawing.js';
import type { Choose, Drawing, DrawingPart } from '../prior.js';
import { MOST_SYMBOLS, TOTAL, writeFrequencies } from './frequencies.js';
import { RangeDecoder, RangeEncoder, type Share } from './rangeCoder.js';

export interface CodingOptions {
  readonly signal?: AbortSignal;
  /** Called as steps of all codes are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What draws so many codes, or the numbers of values of the joined indices, of which all are then alike. */
export type IndexModel = ((count: number) => Drawing) | readonly number[];

/**
 * Codes as bytes.
 *
 * @param rows joined indices [count, size]
 */
export async function encodeIndices(
  engine: Engine,
  model: IndexModel,
  rows: Int32Array,
  count: number,
  options: CodingOptions = {},
): Promise<Uint8Array> {
  const encoder = new RangeEncoder();
  const write = (frequencies: Float64Array, index: number) => {
    encoder.encode(shareOf(frequencies, index));
    return index;
  };
  await walk(engine, model, { rows, count, isKnown: true, code: write }, options);
  return encoder.finish();
}

/** The joined indices [count, size] of codes, given the engine and model that they were written with. */
export async function decodeIndices(
  engine: Engine,
  model: IndexModel,
  bytes: Uint8Array,
  { count, size }: { readonly count: number; readonly size: number },
  options: CodingOptions = {},
): Promise<Int32Array> {
  const decoder = new RangeDecoder(bytes);
  const rows = new Int32Array(count * size);
  const read = (frequencies: Float64Array) => {
    const share = symbolAt(frequencies, decoder.place(TOTAL));
    decoder.take(share);
    return share.index;
  };
  await walk(engine, model, { rows, count, isKnown: false, code: read }, options);
  return rows;
}

function shareOf(frequencies: Float64Array, index: number): Share {
  let start = 0;
  for (let k = 0; k < index; k++) start += frequencies[k];
  return { start, size: frequencies[index], total: TOTAL };
}

function symbolAt(frequencies: Float64Array, place: number): Share & { readonly index: number } {
  let [index, start] = [0, 0];
  while (start + frequencies[index] <= place) start += frequencies[index++];
  return { index, start, size: frequencies[index], total: TOTAL };
}

interface Walk {
  /** Joined indices [count, size], which reading fills in. */
  readonly rows: Int32Array;
  readonly count: number;
  readonly isKnown: boolean;
  /** The index that has these frequencies, given what stands in its place. */
  code(frequencies: Float64Array, index: number): number;
}

async function walk(engine: Engine, model: IndexModel, all: Walk, options: CodingOptions): Promise<void> {
  if (typeof model === 'function') await walkSteps(engine, model, all, options);
  else walkUniform(model, all);
}

/** All values of a place alike: nothing is to be computed. */
function walkUniform(sizes: readonly number[], { rows, count, code }: Walk): void {
  const frequencies = sizes.map((size) => {
    const alike = new Float64Array(requireFew(size));
    writeFrequencies(new Float64Array(size), 0, alike);
    return alike;
  });
  for (let i = 0; i < count * sizes.length; i++) rows[i] = code(frequencies[i % sizes.length], rows[i]);
}

/** Codes that are walked at a time, where there are as many; a part of the format, as it changes last bits. */
const BATCH_SIZES = [64, 16, 4, 1];

async function walkSteps(
  engine: Engine,
  build: (count: number) => Drawing,
  { rows, count, isKnown, code }: Walk,
  { signal, onProgress }: CodingOptions,
): Promise<void> {
  const batchSize = BATCH_SIZES.find((size) => size <= count) ?? 1;
  const size = rows.length / count;
  const { parts, start, steps, dispose } = await compile(engine, build(batchSize));
  const total = steps * Math.ceil(count / batchSize);
  let done = 0;
  try {
    for (let first = 0; first < count; first += batchSize) {
      const real = Math.min(batchSize, count - first);
      let position = 0;
      await engine.variables.write(start);
      for (const { steps: own, choices, peek, commit } of parts) {
        const frequencies = new Float64Array(choices.size);
        for (let step = 0; step < own; step++, position += choices.count) {
          signal?.throwIfAborted();
          const given = new Int32Array(batchSize * choices.count);
          const place = (i: number, column: number) => (first + i) * size + position + column;
          if (isKnown)
            for (let i = 0; i < real; i++)
              for (let c = 0; c < choices.count; c++) given[i * choices.count + c] = rows[place(i, c)];
          const feeds = { [POSITION]: Int32Array.of(step), ...(choices.count > 0 ? { [GIVEN]: given } : {}) };
          let logits: ArrayLike<number> = [];
          for (let column = 0; column < choices.count; column++) {
            if (peek && (column === 0 || !isKnown)) logits = (await peek.run(feeds, { signal })).logits;
            for (let i = 0; i < real; i++) {
              const at = i * choices.count + column;
              writeFrequencies(logits, at * choices.size, frequencies);
              const index = code(frequencies, rows[place(i, column)]);
              rows[place(i, column)] = index;
              given[at] = index;
            }
          }
          await commit.run(feeds, { signal });
          onProgress?.(++done, total);
        }
      }
    }
  } finally {
    await dispose();
  }
}

const POSITION = 'position';
const GIVEN = 'given';

interface CompiledPart {
  readonly steps: number;
  readonly choices: { readonly count: number; readonly size: number };
  /** The logits of all choices of a step, [batch, choices, size]; it leaves the state as it is. */
  readonly peek?: Executable;
  /** The state after a step. */
  readonly commit: Executable;
}

interface CompiledWalk {
  readonly parts: readonly CompiledPart[];
  /** The state before the first step. */
  readonly start: ReadonlyMap<string, TensorData>;
  readonly steps: number;
  dispose(): Promise<void>;
}

async function compile(engine: Engine, { state, parts }: Drawing): Promise<CompiledWalk> {
  const variables = stateVariables(state, 'coding.state');
  const now: Readonly<Record<string, Tensor>> = Object.fromEntries(variables);
  const compilePart = async ({ steps, choices = NONE, step }: DrawingPart): Promise<CompiledPart> => {
    const made: Tensor[] = [];
    const choose: Choose = (logits) => {
      const [count] = logits.shape;
      const column = made.push(logits) - 1;
      return input(GIVEN, [count, choices.count], 'int32').sliceAlong(1, column, column + 1);
    };
    const after = step(now, input(POSITION, [], 'int32'), choose);
    if (made.length !== choices.count)
      throw new Error(`coding: a step makes ${made.length} choices, and says ${choices.count}`);
    requireFew(choices.size);
    const updates = new Map(
      variables.flatMap(([name, variable]) => (after[name] ? [[variable, after[name]]] : [])),
    );
    return {
      steps,
      choices,
      ...(made.length > 0
        ? { peek: await engine.compile(new Program({ outputs: { logits: concat(made, 1) } })) }
        : {}),
      commit: await engine.compile(new Program({ updates })),
    };
  };
  const compiled: CompiledPart[] = [];
  for (const part of parts) compiled.push(await compilePart(part));
  return {
    parts: compiled,
    start: new Map(variables.map(([, { name, dtype, size }]) => [name, allocate(dtype, size)])),
    steps: parts.reduce((sum, { steps }) => sum + steps, 0),
    async dispose() {
      for (const { peek, commit } of compiled) {
        await peek?.dispose();
        await commit.dispose();
      }
    },
  };
}

const NONE = { count: 0, size: 1 };

function requireFew(size: number): number {
  if (size <= MOST_SYMBOLS) return size;
  throw new RangeError(
    `coding: an index has ${size} values, and ${MOST_SYMBOLS} are the most that are coded`,
  );
}
