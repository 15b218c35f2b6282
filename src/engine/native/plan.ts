/**
 * The plan: what the native engine executes. A program is lowered to a flat list of instructions over buffers with fixed
 * places, once; a step then runs the list from its first instruction to its last. `native/src/plan.h` is the same
 * in C++, `encode.ts` the way there.
 */
import type { DType } from '../../tensor/index.js';

/** Where a buffer lies. All offsets are in lines of 64 bytes, so that every buffer starts on a cache line. */
export type Place =
  /** The step's working memory. Buffers that are not alive at the same time may overlap. */
  | { readonly kind: 'arena'; readonly line: number }
  /** Numbers known when the program was compiled. */
  | { readonly kind: 'constant'; readonly line: number }
  /** The value that the engine keeps, read and written in place. */
  | { readonly kind: 'variable'; readonly index: number }
  /** This step's part of what the caller feeds. */
  | { readonly kind: 'input'; readonly index: number }
  /** This step's part of what the caller gets. */
  | { readonly kind: 'output'; readonly index: number }
  /** What a convolution makes as it reads it. */
  | { readonly kind: 'nowhere' };

export const LINE = 64;

export interface Buffer {
  readonly place: Place;
  /** How elements are held: 4 bytes of float32 or int32, or 1 byte of uint8 or bool (0 and 1). */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
}

/** Elements of a buffer, walked with a stride per axis. Strides count elements; 0 repeats, negative ones walk back. */
export interface Strided {
  /** Index into the plan's buffers. */
  readonly buffer: number;
  /** Of the first element. */
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Operations of elementwise code whose operands and results are floats. */
export const FLOAT_OPS = [
  // of one
  'neg',
  'exp',
  'log',
  'log1p',
  'expm1',
  'sqrt',
  'abs',
  'sign',
  'floor',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'softplus',
  'erf',
  'lgamma',
  // ψ⁽ⁿ⁾, n being the immediate
  'polygamma',
  // of two
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'max',
  'min',
  // a·b + c, a·b − c, c − a·b, rounded once where the processor can
  'mulAdd',
  'mulSub',
  'negMulAdd',
  // max(a + b, c)
  'addMax',
] as const;

/**
 * Operations of elementwise code. Their operands are registers, which hold as many numbers of 4 bytes as a block has:
 * floats, whole numbers, or masks (all bits set for true, none for false).
 */
export const CODE_OPS = [
  ...FLOAT_OPS,
  // float, float → mask
  'equal',
  'less',
  'lessEqual',
  // int → int
  'negInt',
  // int, int → int
  'addInt',
  'subInt',
  'mulInt',
  'maxInt',
  'minInt',
  // int, int → mask; equalInt also compares masks
  'equalInt',
  'lessInt',
  'lessEqualInt',
  // mask, a, b → a or b, of any kind
  'where',
  // float, a, b → a where the float is above 0, else b, of any kind
  'wherePositive',
  // between kinds
  'floatFromInt',
  'floatFromMask',
  'intFromFloat',
  'intFromMask',
  'maskFromFloat',
  'maskFromInt',
  // int → int, the low byte
  'byteFromInt',
  // → int: the number of the running step
  'step',
] as const;
export type CodeOp = (typeof CODE_OPS)[number];

export type RegisterKind = 'float' | 'int' | 'mask';

/** One line of elementwise code. Its result is the next register. */
export interface CodeLine {
  readonly op: CodeOp;
  /** Registers. */
  readonly inputs: readonly number[];
  /** @default 0 */
  readonly immediate?: number;
}

export type ReduceOp = 'sum' | 'max';

/**
 * One loop over an iteration space, in row-major order: it loads, computes, stores and reduces without leaving the
 * innermost cache.
 *
 * Registers are numbered in the order of `loads`, `constants`, `code`. A load is a float, int (int32 and uint8) or mask
 * (bool), by its buffer's type. Stores take the same kinds. A load and a store may share elements only if they walk
 * them alike.
 */
export interface Elementwise {
  readonly kind: 'elementwise';
  /** At least one axis; neighbours that all operands walk alike are merged. */
  readonly shape: readonly number[];
  readonly loads: readonly Strided[];
  readonly constants: readonly { readonly kind: RegisterKind; readonly value: number }[];
  readonly code: readonly CodeLine[];
  readonly stores: readonly (Strided & { readonly register: number })[];
  readonly reductions: readonly Reduction[];
  /**
   * Reductions see the space as a matrix with this many columns: element i stands in row ⌊i / columns⌋. A divisor of
   * the space's size.
   */
  readonly columns: number;
}

export interface Reduction {
  readonly register: number;
  readonly op: ReduceOp;
  /** What is left: one number for each row, one for each column, or one in all. */
  readonly keep: 'rows' | 'columns' | 'nothing';
  /** Gets the result from its first element on. */
  readonly buffer: number;
}

/** Matrices in a buffer, for each of a batch. */
export interface Matrix {
  readonly buffer: number;
  readonly offset: number;
  readonly batchStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** c[m, n] = a[m, k] · b[k, n] for each of a batch. */
export interface Matmul {
  readonly kind: 'matmul';
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  /** Row-major, batch after batch, from the buffer's first element on. */
  readonly c: number;
  readonly then?: Elementwise;
}

/**
 * Sizes of a convolution over 3 spatial axes (those that are missing have length 1 and come first), for
 *
 *   y[b, o, f] = Σ_{k, c} x[b, o·stride + k·dilation − before, c] · w[k, c, f]
 */
export interface Geometry {
  readonly batch: number;
  /** Of x. */
  readonly channels: number;
  /** Of y. */
  readonly filters: number;
  readonly groups: number;
  readonly space: readonly number[];
  readonly kernel: readonly number[];
  readonly out: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
}

/** One of the three forms of a convolution, all operands row-major from their buffers' first elements on. */
export interface Convolution {
  /** (x, w) → y, (g, w) → x, (x, g) → w. */
  readonly kind: 'conv' | 'convInputGrad' | 'convFilterGrad';
  readonly geometry: Geometry;
  readonly left: number;
  readonly right: number;
  readonly result: number;
  /**
   * Makes an operand, its one store, piece by piece as that is read: the left one, or either one of `convFilterGrad`. Its
   * buffer lies nowhere.
   */
  readonly first?: Elementwise;
  readonly then?: Elementwise;
}

/** Sums or maxima of strided elements; the result is row-major over `kept`. An empty sum is 0. */
export interface Reduce {
  readonly kind: 'reduce';
  readonly op: ReduceOp;
  readonly kept: readonly number[];
  readonly reduced: readonly number[];
  /** Strides along `kept`, then along `reduced`. */
  readonly x: Strided;
  readonly result: number;
}

/** Rows of [rows or count, width], chosen by `count` indices; one outside of the rows fails the run. */
interface Rows {
  readonly rows: number;
  readonly count: number;
  readonly width: number;
  readonly x: number;
  readonly indices: number;
  readonly result: number;
}

/** result[i, j] = x[indices[i], j]. */
export interface Gather extends Rows {
  readonly kind: 'gather';
}

/** result[r, j] = Σ x[i, j] over the i with indices[i] = r. */
export interface ScatterAdd extends Rows {
  readonly kind: 'scatterAdd';
}

/** Along the middle axis of [outer, length, inner]. */
interface Along {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly x: number;
  readonly result: number;
}

/** Sums of all elements up to each, or from it on. */
export interface Cumsum extends Along {
  readonly kind: 'cumsum';
  readonly reverse: boolean;
}

/** Index of the first largest. */
export interface ArgMax extends Along {
  readonly kind: 'argMax';
}

/** Indices of the k largest or smallest of each row, best first, ties to the lowest index. */
export interface TopK {
  readonly kind: 'topK';
  readonly rows: number;
  readonly length: number;
  readonly k: number;
  readonly largest: boolean;
  readonly x: number;
  readonly result: number;
}

/** The column of each row of costs [batch, length, length]: see tensor/ops/assignment.ts. */
export interface Assignment {
  readonly kind: 'assignment';
  readonly batch: number;
  readonly length: number;
  readonly tolerance: number;
  readonly x: number;
  readonly result: number;
}

/** The numbers of a random stream at the running step: see src/random. */
export interface Random {
  readonly kind: 'random';
  readonly distribution: 'normal' | 'uniform';
  /** `streamHash` of the stream's name. */
  readonly hash: number;
  readonly result: number;
}

/** Ends the step where the bool in `condition` is false. */
export interface Guard {
  readonly kind: 'guard';
  readonly condition: number;
}

/**
 * `then` of a product is elementwise work on its result, done for each part as soon as that is computed and still in the
 * cache: its iteration space has as many elements as the result, in the same order. Its reductions keep nothing, or
 * have as many columns as the result.
 */
export type Instruction =
  | Elementwise
  | Matmul
  | Convolution
  | Reduce
  | Gather
  | ScatterAdd
  | Cumsum
  | ArgMax
  | TopK
  | Assignment
  | Random
  | Guard;

/** An input, output or variable, as the caller knows it. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  /** Number of elements in one step. */
  readonly size: number;
}

export interface Plan {
  readonly buffers: readonly Buffer[];
  readonly instructions: readonly Instruction[];
  /** Lines of the step's working memory. */
  readonly arenaLines: number;
  /** The bytes of all constants. */
  readonly constants: Uint8Array;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly variables: readonly (Port & { readonly written: boolean })[];
}
