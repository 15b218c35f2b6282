/**
 * Executes plans with plain loops in TypeScript: the twin of the compiled engine. Values are held as that one holds them;
 * a line of code computes in double precision and rounds what it has computed.
 */
import { HashedStream } from '../../random/index.js';
import { allocate, type DType, sizeOf, type TensorData } from '../../tensor/index.js';
import { type CheckedRunOptions, requireVariable, type Values } from '../engine.js';
import { auction } from '../reference/auction.js';
import { erf, lgamma, polygamma } from '../reference/special.js';
import {
  type CodeLine,
  type CodeOp,
  type Convolution,
  type Elementwise,
  FLOAT_OPS,
  type Instruction,
  LINE,
  type Matmul,
  type Matrix,
  type Place,
  type Plan,
  type Random,
  type Reduce,
  type ReduceOp,
  type Strided,
} from './plan.js';
import { type Held, heldAs, type LoadedPlan, type PlanRunner } from './runner.js';
import { positions, walkOf } from './views.js';

export interface InterpreterOptions {
  /** Bytes that the working memory holds when a step begins; what reads before it writes shows. @default what the step before left */
  poison?: number;
}

export class PlanInterpreter implements PlanRunner {
  readonly #variables = new Map<string, TensorData>();

  constructor(readonly options: InterpreterOptions = {}) {}

  load(plan: Plan): LoadedPlan {
    const memory = {
      arena: new ArrayBuffer(plan.arenaLines * LINE),
      constants: plan.constants.slice().buffer,
    };
    return {
      run: (feeds, options, signal) => this.#run(plan, memory, feeds, options, signal),
      release: () => {},
    };
  }

  held(variable: string): Held | undefined {
    const value = this.#variables.get(variable);
    return value && heldAs(value);
  }

  read(names: readonly string[]): Map<string, TensorData> {
    return new Map(names.map((name) => [name, this.#value(name).slice()]));
  }

  write(values: ReadonlyMap<string, Values>): void {
    for (const [name, data] of values) {
      this.#variables.set(name, data instanceof Float64Array ? Float32Array.from(data) : data.slice());
    }
  }

  close(): void {
    this.#variables.clear();
  }

  #value(name: string): TensorData {
    return requireVariable(this.#variables.get(name), name);
  }

  #run(
    plan: Plan,
    memory: { readonly arena: ArrayBuffer; readonly constants: ArrayBufferLike },
    feeds: readonly TensorData[],
    { steps, firstStep, seed }: CheckedRunOptions,
    signal: AbortSignal | undefined,
  ): TensorData[] {
    const before = plan.variables.map(({ name }) => this.#value(name));
    // A run that fails leaves the variables as they were.
    const variables = before.map((value, i) => (plan.variables[i].written ? value.slice() : value));
    const outputs = plan.outputs.map(({ dtype, size }) => allocate(dtype, size * steps));
    for (let k = 0; k < steps; k++) {
      signal?.throwIfAborted();
      if (this.options.poison !== undefined) new Uint8Array(memory.arena).fill(this.options.poison);
      const part = (data: TensorData, size: number) => data.subarray(k * size, (k + 1) * size);
      const buffers = plan.buffers.map(({ place, dtype, size }): TensorData => {
        if (place.kind === 'input') return part(feeds[place.index], size);
        if (place.kind === 'output') return part(outputs[place.index], size);
        if (place.kind === 'variable') return variables[place.index];
        if (place.kind === 'nowhere') return allocate(dtype, size);
        return within(memory[place.kind === 'arena' ? 'arena' : 'constants'], place, dtype, size);
      });
      const step: Step = { buffers, step: firstStep + k, seed };
      for (const instruction of plan.instructions) if (!execute(instruction, step)) break;
    }
    plan.variables.forEach(({ name }, i) => {
      this.#variables.set(name, variables[i]);
    });
    return outputs;
  }
}

function within(
  memory: ArrayBufferLike,
  { line }: Extract<Place, { line: number }>,
  dtype: DType,
  size: number,
): TensorData {
  const view = allocate(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => TensorData;
  return new view(memory, line * LINE, size);
}

interface Step {
  readonly buffers: readonly TensorData[];
  readonly step: number;
  readonly seed: number;
}

/** False where the step ends here. */
function execute(instruction: Instruction, step: Step): boolean {
  const { buffers } = step;
  switch (instruction.kind) {
    case 'elementwise':
      elementwise(instruction, step);
      break;
    case 'matmul':
      matmul(instruction, step);
      break;
    case 'conv':
    case 'convInputGrad':
    case 'convFilterGrad':
      if (instruction.first) elementwise(instruction.first, step);
      convolution(instruction, step);
      break;
    case 'reduce':
      reduce(instruction, step);
      break;
    case 'gather': {
      const { rows, count, width, x, indices, result } = instruction;
      for (let i = 0; i < count; i++) {
        const row = requireRow('gather', buffers[indices][i], rows);
        for (let j = 0; j < width; j++) buffers[result][i * width + j] = buffers[x][row * width + j];
      }
      break;
    }
    case 'scatterAdd': {
      const { rows, count, width, x, indices, result } = instruction;
      const sums = new Float64Array(rows * width);
      for (let i = 0; i < count; i++) {
        const row = requireRow('scatterAdd', buffers[indices][i], rows);
        for (let j = 0; j < width; j++) sums[row * width + j] += buffers[x][i * width + j];
      }
      buffers[result].set(sums);
      break;
    }
    case 'cumsum': {
      const { outer, length, inner, reverse, x, result } = instruction;
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let sum = 0;
          for (let k = 0; k < length; k++) {
            const at = (o * length + (reverse ? length - 1 - k : k)) * inner + i;
            sum += buffers[x][at];
            buffers[result][at] = sum;
          }
        }
      }
      break;
    }
    case 'argMax': {
      const { outer, length, inner, x, result } = instruction;
      const value = (o: number, k: number, i: number) => buffers[x][(o * length + k) * inner + i];
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let best = 0;
          for (let k = 1; k < length; k++) if (value(o, k, i) > value(o, best, i)) best = k;
          buffers[result][o * inner + i] = best;
        }
      }
      break;
    }
    case 'topK': {
      const { rows, length, k, largest, x, result } = instruction;
      for (let row = 0; row < rows; row++) {
        const value = (i: number) => buffers[x][row * length + i];
        const better = (i: number, j: number) => (largest ? value(j) - value(i) : value(i) - value(j));
        const order = Array.from({ length }, (_, i) => i).sort((i, j) => better(i, j) || i - j);
        buffers[result].set(order.slice(0, k), row * k);
      }
      break;
    }
    case 'assignment': {
      const { batch, length, tolerance, x, result } = instruction;
      for (let i = 0; i < batch; i++) {
        const matrix = buffers[x].subarray(i * length ** 2, (i + 1) * length ** 2);
        buffers[result].set(auction(matrix, length, tolerance), i * length);
      }
      break;
    }
    case 'random':
      random(instruction, step);
      break;
    case 'guard':
      return buffers[instruction.condition][0] !== 0;
  }
  return true;
}

function requireRow(operation: string, row: number, rows: number): number {
  if (row < 0 || row >= rows) throw new RangeError(`${operation}: index ${row} is outside ${rows} rows`);
  return row;
}

// Elementwise code. Masks are held as 0 and 1.

type Compute = (inputs: readonly number[], immediate: number, step: number) => number;

const nanOr = (a: number, b: number, choice: number) =>
  Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : choice;
const larger = (a: number, b: number) => nanOr(a, b, Math.max(a, b));

const COMPUTE: Record<CodeOp, Compute> = {
  neg: ([x]) => -x,
  exp: ([x]) => Math.exp(x),
  log: ([x]) => Math.log(x),
  log1p: ([x]) => Math.log1p(x),
  expm1: ([x]) => Math.expm1(x),
  sqrt: ([x]) => Math.sqrt(x),
  abs: ([x]) => Math.abs(x),
  sign: ([x]) => Math.sign(x),
  floor: ([x]) => Math.floor(x),
  sin: ([x]) => Math.sin(x),
  cos: ([x]) => Math.cos(x),
  tanh: ([x]) => Math.tanh(x),
  sigmoid: ([x]) => 1 / (1 + Math.exp(-x)),
  softplus: ([x]) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf: ([x]) => erf(x),
  lgamma: ([x]) => lgamma(x),
  polygamma: ([x], order) => polygamma(order, x),
  add: ([a, b]) => a + b,
  sub: ([a, b]) => a - b,
  mul: ([a, b]) => a * b,
  div: ([a, b]) => a / b,
  pow: ([a, b]) => a ** b,
  max: ([a, b]) => larger(a, b),
  min: ([a, b]) => nanOr(a, b, Math.min(a, b)),
  mulAdd: ([a, b, c]) => a * b + c,
  mulSub: ([a, b, c]) => a * b - c,
  negMulAdd: ([a, b, c]) => c - a * b,
  addMax: ([a, b, c]) => larger(a + b, c),
  equal: ([a, b]) => Number(a === b),
  less: ([a, b]) => Number(a < b),
  lessEqual: ([a, b]) => Number(a <= b),
  negInt: ([x]) => -x | 0,
  addInt: ([a, b]) => (a + b) | 0,
  subInt: ([a, b]) => (a - b) | 0,
  mulInt: ([a, b]) => Math.imul(a, b),
  maxInt: ([a, b]) => Math.max(a, b),
  minInt: ([a, b]) => Math.min(a, b),
  equalInt: ([a, b]) => Number(a === b),
  lessInt: ([a, b]) => Number(a < b),
  lessEqualInt: ([a, b]) => Number(a <= b),
  where: ([condition, a, b]) => (condition ? a : b),
  wherePositive: ([x, a, b]) => (x > 0 ? a : b),
  floatFromInt: ([x]) => x,
  floatFromMask: ([x]) => x,
  intFromFloat: ([x]) => Math.trunc(x) | 0,
  intFromMask: ([x]) => x,
  maskFromFloat: ([x]) => Number(x !== 0),
  maskFromInt: ([x]) => Number(x !== 0),
  byteFromInt: ([x]) => x & 255,
  step: (_, __, step) => step,
};

/** Lines whose result may have to be rounded to a float. */
const ROUNDED: ReadonlySet<CodeOp> = new Set<CodeOp>([...FLOAT_OPS, 'floatFromInt']);

function positionsOf(shape: readonly number[], { offset, strides }: Strided): Int32Array {
  return positions(walkOf(shape, strides, offset));
}

function elementwise(work: Elementwise, { buffers, step }: Step): void {
  const { shape, loads, constants, code, stores, reductions, columns } = work;
  const size = sizeOf(shape);
  const reads = loads.map((load) => ({ data: buffers[load.buffer], at: positionsOf(shape, load) }));
  const writes = stores.map((store) => ({
    ...store,
    data: buffers[store.buffer],
    at: positionsOf(shape, store),
  }));
  const sums = reductions.map(({ op, keep, buffer }) => {
    const length = keep === 'rows' ? size / columns : keep === 'columns' ? columns : 1;
    return new Float64Array(length).fill(identityOf(op, buffers[buffer]));
  });
  const registers = new Float64Array(loads.length + constants.length + code.length);
  constants.forEach(({ kind, value }, i) => {
    registers[loads.length + i] = kind === 'float' ? Math.fround(value) : value;
  });
  const first = loads.length + constants.length;
  const run = code.map(({ op, inputs, immediate = 0 }: CodeLine) => {
    const [compute, isRounded] = [COMPUTE[op], ROUNDED.has(op)];
    const operands = new Array<number>(inputs.length);
    return () => {
      for (let k = 0; k < inputs.length; k++) operands[k] = registers[inputs[k]];
      const value = compute(operands, immediate, step);
      return isRounded ? Math.fround(value) : value;
    };
  });
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < reads.length; k++) registers[k] = reads[k].data[reads[k].at[i]];
    for (let k = 0; k < run.length; k++) registers[first + k] = run[k]();
    for (const { data, at, register } of writes) data[at[i]] = registers[register];
    reductions.forEach(({ op, keep, register }, k) => {
      const to = keep === 'rows' ? Math.floor(i / columns) : keep === 'columns' ? i % columns : 0;
      sums[k][to] = combined(op, sums[k][to], registers[register]);
    });
  }
  reductions.forEach(({ buffer }, k) => {
    for (let i = 0; i < sums[k].length; i++) buffers[buffer][i] = sums[k][i];
  });
}

/** What a reduction of these numbers begins with. */
function identityOf(op: ReduceOp, data: TensorData): number {
  if (op === 'sum') return 0;
  return data instanceof Int32Array ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
}

const combined = (op: ReduceOp, a: number, b: number) => (op === 'sum' ? a + b : larger(a, b));

function reduce({ op, kept, reduced, x, result }: Reduce, { buffers }: Step): void {
  const data = buffers[x.buffer];
  const outer = positionsOf(kept, { ...x, strides: x.strides.slice(0, kept.length) });
  const inner = positionsOf(reduced, { ...x, offset: 0, strides: x.strides.slice(kept.length) });
  for (let i = 0; i < outer.length; i++) {
    let value = identityOf(op, data);
    for (const at of inner) value = combined(op, value, data[outer[i] + at]);
    buffers[result][i] = value;
  }
}

function matmul({ batch, m, n, k, a, b, c, then }: Matmul, step: Step): void {
  const { buffers } = step;
  const element = (
    { buffer, offset, batchStride, rowStride, columnStride }: Matrix,
    i: number,
    r: number,
    s: number,
  ) => buffers[buffer][offset + i * batchStride + r * rowStride + s * columnStride];
  const products = new Float64Array(batch * m * n);
  for (let i = 0; i < batch; i++) {
    for (let row = 0; row < m; row++) {
      for (let p = 0; p < k; p++) {
        const left = element(a, i, row, p);
        for (let column = 0; column < n; column++)
          products[(i * m + row) * n + column] += left * element(b, i, p, column);
      }
    }
  }
  buffers[c].set(products);
  if (then) elementwise(then, step);
}

function convolution({ kind, geometry, left, right, result, then }: Convolution, step: Step): void {
  const { buffers } = step;
  const { batch, channels, filters, groups, space, kernel, out, strides, dilations, before } = geometry;
  const [perChannel, perFilter] = [channels / groups, filters / groups];
  const sums = new Float64Array(buffers[result].length);
  const [x, w] = [buffers[left], buffers[right]];
  /** Calls `visit` with the input position and the tap of every product along an axis. */
  const taps = (axis: number, o: number, visit: (i: number, k: number) => void) => {
    for (let k = 0; k < kernel[axis]; k++) {
      const i = o * strides[axis] + k * dilations[axis] - before[axis];
      if (i >= 0 && i < space[axis]) visit(i, k);
    }
  };
  const products = (atX: number, atW: number, atY: number) => {
    for (let f = 0; f < filters; f++) {
      const firstChannel = Math.floor(f / perFilter) * perChannel;
      for (let c = 0; c < perChannel; c++) {
        const [xAt, wAt, yAt] = [atX + firstChannel + c, atW + c * filters + f, atY + f];
        if (kind === 'conv') sums[yAt] += x[xAt] * w[wAt];
        else if (kind === 'convInputGrad') sums[xAt] += x[yAt] * w[wAt];
        else sums[wAt] += x[xAt] * w[yAt];
      }
    }
  };
  for (let b = 0; b < batch; b++) {
    for (let o0 = 0; o0 < out[0]; o0++) {
      for (let o1 = 0; o1 < out[1]; o1++) {
        for (let o2 = 0; o2 < out[2]; o2++) {
          const atY = (((b * out[0] + o0) * out[1] + o1) * out[2] + o2) * filters;
          taps(0, o0, (i0, k0) =>
            taps(1, o1, (i1, k1) =>
              taps(2, o2, (i2, k2) => {
                const atX = (((b * space[0] + i0) * space[1] + i1) * space[2] + i2) * channels;
                const atW = ((k0 * kernel[1] + k1) * kernel[2] + k2) * perChannel * filters;
                products(atX, atW, atY);
              }),
            ),
          );
        }
      }
    }
  }
  buffers[result].set(sums);
  if (then) elementwise(then, step);
}

function random({ distribution, hash, result }: Random, { buffers, step, seed }: Step): void {
  const numbers = new Float32Array(buffers[result].length);
  buffers[result].set(new HashedStream(seed, hash)[distribution](numbers, step));
}
