/**
 * The symbolic tensor: an immutable node of a graph, with its operation, inputs, attributes, static shape and
 * element type. Building is pure, and equal expressions are one and the same node.
 */
import type { ConstantData, DType } from './dtype.js';
import type { Window } from './ops/convolution.js';
import { type AttributesOf, type OpName, rules } from './ops/index.js';
import type { Rule, Signature } from './ops/rule.js';
import { normaliseAxes, normaliseAxis, requireShape, type Shape, ShapeError, show, sizeOf } from './shape.js';
import { simplify, withoutBroadcasts } from './simplify.js';

export type Operand = Tensor | number;
/**
 * One axis of a slice: all of it, or [start, end) with an optional step. Negative indices count from the end, except
 * for the end of a negative step: there −1 stands before the first element.
 */
export type Range = readonly [start: number, end: number, step?: number] | undefined;
export interface KeepDims {
  /** Keep reduced axes with length 1. @default false */
  keepDims?: boolean;
}

let created = 0;

export class Tensor<K extends OpName = OpName> {
  /** Serial number, for maps and debugging; says nothing about the value. */
  readonly id = created++;
  readonly shape: Shape;
  readonly dtype: DType;

  /** Use the functions and methods of this library; this constructor checks nothing. */
  constructor(
    readonly op: K,
    readonly inputs: readonly Tensor[],
    readonly attributes: AttributesOf<K>,
    signature: Signature,
  ) {
    this.shape = signature.shape;
    this.dtype = signature.dtype;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  is<Op extends OpName>(op: Op): this is Tensor<Op> {
    return (this.op as OpName) === op;
  }

  toString(): string {
    return `${this.op} ${this.dtype}${show(this.shape)}`;
  }

  // Elementwise, one operand.
  neg(): Tensor {
    return apply('neg', [this], {});
  }
  exp(): Tensor {
    return apply('exp', [this], {});
  }
  log(): Tensor {
    return apply('log', [this], {});
  }
  log1p(): Tensor {
    return apply('log1p', [this], {});
  }
  expm1(): Tensor {
    return apply('expm1', [this], {});
  }
  sqrt(): Tensor {
    return apply('sqrt', [this], {});
  }
  square(): Tensor {
    return this.mul(this);
  }
  abs(): Tensor {
    return apply('abs', [this], {});
  }
  sign(): Tensor {
    return apply('sign', [this], {});
  }
  floor(): Tensor {
    return apply('floor', [this], {});
  }
  sin(): Tensor {
    return apply('sin', [this], {});
  }
  cos(): Tensor {
    return apply('cos', [this], {});
  }
  tanh(): Tensor {
    return apply('tanh', [this], {});
  }
  sigmoid(): Tensor {
    return apply('sigmoid', [this], {});
  }
  /** log(1 + eˣ), without overflow. */
  softplus(): Tensor {
    return apply('softplus', [this], {});
  }
  relu(): Tensor {
    return this.max(0);
  }
  erf(): Tensor {
    return apply('erf', [this], {});
  }
  /** log Γ(x) for x > 0. */
  lgamma(): Tensor {
    return apply('lgamma', [this], {});
  }
  digamma(): Tensor {
    return this.polygamma(0);
  }
  /** ψ⁽ⁿ⁾(x) for x > 0; order 0 is the digamma function. */
  polygamma(order: number): Tensor {
    return apply('polygamma', [this], { order });
  }
  /** True where the value is neither NaN nor ±∞. */
  isFinite(): Tensor {
    return this.sub(this).equal(0);
  }
  /** Elementwise negation of a bool. */
  not(): Tensor {
    return this.equal(constant(0, 'bool'));
  }

  // Elementwise, two operands, broadcast against each other.
  add(other: Operand): Tensor {
    return apply('add', this.with(other), {});
  }
  sub(other: Operand): Tensor {
    return apply('sub', this.with(other), {});
  }
  mul(other: Operand): Tensor {
    return apply('mul', this.with(other), {});
  }
  div(other: Operand): Tensor {
    return apply('div', this.with(other), {});
  }
  /** xᵇ for x > 0. */
  pow(exponent: Operand): Tensor {
    return apply('pow', this.with(exponent), {});
  }
  /** Elementwise maximum; `amax` looks along axes. */
  max(other: Operand): Tensor {
    return apply('max', this.with(other), {});
  }
  min(other: Operand): Tensor {
    return apply('min', this.with(other), {});
  }
  /** Limits values to [low, high]; no gradient flows outside. */
  clip(low: Operand, high: Operand): Tensor {
    return this.max(low).min(high);
  }
  equal(other: Operand): Tensor {
    return apply('equal', this.with(other), {});
  }
  less(other: Operand): Tensor {
    return apply('less', this.with(other), {});
  }
  lessEqual(other: Operand): Tensor {
    return apply('lessEqual', this.with(other), {});
  }
  greater(other: Operand): Tensor {
    const [a, b] = this.with(other);
    return apply('less', [b, a], {});
  }
  greaterEqual(other: Operand): Tensor {
    const [a, b] = this.with(other);
    return apply('lessEqual', [b, a], {});
  }
  /** Elementwise conjunction of two bools. */
  and(other: Tensor): Tensor {
    return this.where(other, constant(0, 'bool'));
  }
  /** Elementwise disjunction of two bools. */
  or(other: Tensor): Tensor {
    return this.where(constant(1, 'bool'), other);
  }
  /** This bool tensor's choice between `a` and `b`, elementwise. Both must be finite for a finite gradient. */
  where(a: Operand, b: Operand): Tensor {
    const dtype = a instanceof Tensor ? a.dtype : b instanceof Tensor ? b.dtype : 'float32';
    return apply('where', [this, operand(a, dtype), operand(b, dtype)], {});
  }

  // Along axes; all of them when none are named.
  sum(axes?: number | readonly number[], options?: KeepDims): Tensor {
    return this.reduce('reduceSum', axes, options);
  }
  amax(axes?: number | readonly number[], options?: KeepDims): Tensor {
    return this.reduce('reduceMax', axes, options);
  }
  amin(axes?: number | readonly number[], options?: KeepDims): Tensor {
    return this.neg().amax(axes, options).neg();
  }
  mean(axes?: number | readonly number[], options?: KeepDims): Tensor {
    const count = sizeOf(normaliseAxes('mean', axes, this.rank).map((axis) => this.shape[axis]));
    return this.sum(axes, options).mul(1 / count);
  }
  /** Sums everything but the batch axis: [batch, ...event] → [batch]. */
  sumOverEvent(): Tensor {
    return this.sum(this.shape.map((_, axis) => axis).slice(1));
  }
  /** Index of the first largest element along an axis. */
  argMax(axis = -1): Tensor {
    return apply('argMax', [this], { axis: normaliseAxis('argMax', axis, this.rank) });
  }
  /** Indices of the k largest elements of the last axis, best first, ties to the lowest index. */
  topK(k: number, options: { largest?: boolean } = {}): Tensor {
    return apply('topK', [this], { k, largest: options.largest ?? true });
  }
  /**
   * The column of each row of costs [batch, n, n], one to one and of almost the least sum: int32 [batch, n].
   *
   * @param tolerance how far above the least the sum may be, as a part of n (mean cost − least cost); see ops/assignment.ts
   */
  assignment(tolerance: number): Tensor {
    // Rounded here, so that all engines bid by the same number.
    return apply('assignment', [this], { tolerance: Math.fround(tolerance) });
  }
  cumsum(axis = -1, options: { reverse?: boolean } = {}): Tensor {
    return apply('cumsum', [this], {
      axis: normaliseAxis('cumsum', axis, this.rank),
      reverse: options.reverse ?? false,
    });
  }

  // Moves.
  /** One length may be −1: it takes what the others leave. */
  reshape(shape: Shape): Tensor {
    const known = shape.filter((length) => length !== -1);
    requireShape('reshape', known);
    if (known.length === shape.length) return apply('reshape', [this], { shape });
    const rest = this.size / sizeOf(known);
    if (known.length < shape.length - 1 || !Number.isInteger(rest)) {
      throw new ShapeError(
        'reshape',
        `the ${this.size} elements of ${show(this.shape)} leave no one length for −1 in ${show(shape)}`,
      );
    }
    return apply('reshape', [this], { shape: shape.map((length) => (length === -1 ? rest : length)) });
  }
  /** [batch, ...event] → [batch, event size]. */
  flatten(): Tensor {
    if (this.rank === 0) throw new ShapeError('flatten', 'a scalar has no batch axis');
    return this.reshape([this.shape[0], sizeOf(this.shape.slice(1))]);
  }
  expandDims(axis: number): Tensor {
    const at = normaliseAxis('expandDims', axis, this.rank + 1);
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  /** Result axis i is input axis `permutation[i]`. */
  transpose(permutation: readonly number[]): Tensor {
    return apply('transpose', [this], { permutation });
  }
  swapLastAxes(): Tensor {
    const axes = this.shape.map((_, axis) => axis);
    return this.transpose([...axes.slice(0, -2), this.rank - 1, this.rank - 2]);
  }
  broadcastTo(shape: Shape): Tensor {
    return apply('broadcastTo', [this], { shape });
  }
  slice(ranges: readonly Range[]): Tensor {
    if (ranges.length > this.rank) {
      throw new ShapeError('slice', `${ranges.length} ranges for a tensor of shape ${show(this.shape)}`);
    }
    const resolved = this.shape.map((length, axis) => resolveRange(ranges[axis], length));
    return apply('slice', [this], {
      starts: resolved.map((range) => range.start),
      sizes: resolved.map((range) => range.size),
      steps: resolved.map((range) => range.step),
    });
  }
  /** The part [start, end) of one axis. */
  sliceAlong(axis: number, start: number, end: number): Tensor {
    const at = normaliseAxis('slice', axis, this.rank);
    return this.slice(this.shape.map((_, i) => (i === at ? [start, end] : undefined)));
  }
  flip(axes: number | readonly number[]): Tensor {
    const flipped = normaliseAxes('flip', axes, this.rank);
    const turned = (axis: number) => flipped.includes(axis);
    return apply('slice', [this], {
      starts: this.shape.map((length, axis) => (turned(axis) ? Math.max(length - 1, 0) : 0)),
      sizes: this.shape,
      steps: this.shape.map((_, axis) => (turned(axis) ? -1 : 1)),
    });
  }
  /** Adds [before, after] elements of `value` to each axis. */
  pad(widths: readonly (readonly [number, number])[], value = 0): Tensor {
    if (widths.length !== this.rank) {
      throw new ShapeError('pad', `${widths.length} widths for a tensor of shape ${show(this.shape)}`);
    }
    return apply('pad', [this], { before: widths.map((w) => w[0]), after: widths.map((w) => w[1]), value });
  }
  /** Rows `this[indices[i]]` of the first axis. */
  gather(indices: Tensor): Tensor {
    return apply('gather', [this, indices], {});
  }
  /** `size` rows; row r is the sum of the rows of this tensor whose index is r. */
  scatterAdd(indices: Tensor, size: number): Tensor {
    return apply('scatterAdd', [this, indices], { size });
  }
  cast(dtype: DType): Tensor {
    return apply('cast', [this], { dtype });
  }
  stopGradient(): Tensor {
    return apply('stopGradient', [this], {});
  }

  // Products.
  /** Matrix product over the last two axes. A plain matrix on the right serves every batch. */
  matmul(other: Tensor): Tensor {
    const [inner, columns] = other.shape;
    if (other.rank === 2 && this.rank > 2 && this.shape[this.rank - 1] === inner) {
      const rows = this.reshape([sizeOf(this.shape.slice(0, -1)), inner]);
      return apply('matmul', [rows, other], {}).reshape([...this.shape.slice(0, -1), columns]);
    }
    return apply('matmul', [this, other], {});
  }
  /** Convolution with `w` [...kernel, channels / groups, filters]; see ops/convolution.ts. */
  conv(w: Tensor, window: Window): Tensor {
    return apply('conv', [this, w], { ...window });
  }
  convInputGrad(w: Tensor, inputShape: Shape, window: Window): Tensor {
    return apply('convInputGrad', [this, w], { ...window, inputShape });
  }
  convFilterGrad(g: Tensor, filterShape: Shape, window: Window): Tensor {
    return apply('convFilterGrad', [this, g], { ...window, filterShape });
  }

  private with(other: Operand): [Tensor, Tensor] {
    return [this, operand(other, this.dtype)];
  }

  private reduce(
    op: 'reduceSum' | 'reduceMax',
    axes: number | readonly number[] | undefined,
    options: KeepDims = {},
  ): Tensor {
    const normal = normaliseAxes(op === 'reduceSum' ? 'sum' : 'max', axes, this.rank);
    const reduced = apply(op, [this], { axes: normal });
    if (!options.keepDims) return reduced;
    return reduced.reshape(this.shape.map((length, axis) => (normal.includes(axis) ? 1 : length)));
  }
}

function operand(value: Operand, dtype: DType): Tensor {
  return value instanceof Tensor ? value : constant(value, dtype);
}

function resolveRange(range: Range, length: number): { start: number; size: number; step: number } {
  if (range === undefined) return { start: 0, size: length, step: 1 };
  const [first, last, step = 1] = range;
  if (![first, last, step].every(Number.isInteger) || step === 0) {
    throw new ShapeError(
      'slice',
      `${show([first, last, step])} is not a range: whole numbers, and a step other than 0`,
    );
  }
  const start = first < 0 ? first + length : first;
  const end = last < 0 && step > 0 ? last + length : last;
  return { start, size: Math.max(0, Math.ceil((end - start) / step)), step };
}

// Equal expressions are found by what they are made of; a node that nothing holds any more leaves the table.
const interned = new Map<string, WeakRef<Tensor>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (interned.get(key)?.deref() === undefined) interned.delete(key);
});

/** Constants beyond this many elements are told apart by identity: comparing them would cost more than it saves. */
const LARGEST_SHARED_CONSTANT = 1024;

function keyOf(op: OpName, inputs: readonly Tensor[], attributes: object): string | undefined {
  if (op === 'variable') return undefined;
  if (op === 'constant') {
    const { data, shape, dtype } = attributes as AttributesOf<'constant'>;
    return data.length > LARGEST_SHARED_CONSTANT
      ? undefined
      : `${op} ${dtype} ${show(shape)} ${Array.from(data, written)}`;
  }
  const told = (_: string, value: unknown) => (typeof value === 'number' ? written(value) : value);
  return `${op} ${inputs.map((x) => x.id)} ${JSON.stringify(attributes, told)}`;
}

/** Tells numbers apart as Object.is does; JSON writes −0 as 0, and NaN and ±∞ alike. */
function written(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/**
 * The node of a primitive: an existing one where an equal expression has been built before, a simpler one where
 * an identity applies.
 *
 * @throws ShapeError if the operation does not accept these inputs
 */
export function apply<K extends OpName>(
  op: K,
  operands: readonly Tensor[],
  attributes: AttributesOf<K>,
): Tensor {
  const inputs = withoutBroadcasts(op, operands);
  const rule = rules[op] as unknown as Rule<AttributesOf<K>>;
  const { shape, dtype } = rule.infer(inputs, attributes);
  const simpler = simplify(op, inputs, attributes, { shape, dtype });
  if (simpler !== undefined)
    return typeof simpler === 'number' ? constant(simpler).broadcastTo(shape) : simpler;
  const key = keyOf(op, inputs, attributes as object);
  const existing = key === undefined ? undefined : interned.get(key)?.deref();
  if (existing) return existing;
  const node = new Tensor(op, inputs, attributes, { shape, dtype }) as unknown as Tensor;
  if (key !== undefined) {
    interned.set(key, new WeakRef(node));
    forgotten.register(node, key);
  }
  return node;
}

/**
 * A tensor whose values are known now. Without a shape, a number makes a scalar and a list a vector.
 *
 * @throws ShapeError if the values do not fill the shape, or are not numbers of the type
 */
export function constant(
  values: number | ArrayLike<number>,
  dtype: DType = 'float32',
  shape?: Shape,
): Tensor {
  const data = constantData(dtype, typeof values === 'number' ? [values] : values);
  const full = shape ?? (typeof values === 'number' ? [] : [data.length]);
  requireShape('constant', full);
  if (data.length !== sizeOf(full)) {
    throw new ShapeError('constant', `${data.length} values do not fill shape ${show(full)}`);
  }
  return apply('constant', [], { data, shape: full, dtype });
}

// A copy: what the caller does to the values later must not reach the graph.
function constantData(dtype: DType, values: ArrayLike<number>): ConstantData {
  if (dtype === 'float32') return values instanceof Float32Array ? values.slice() : Float64Array.from(values);
  const data = dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
  const changed = data.findIndex(
    (value, i) => value !== Number(values[i]) || (dtype === 'bool' && value > 1),
  );
  if (changed >= 0) throw new ShapeError('constant', `${values[changed]} is not a value of type ${dtype}`);
  return data;
}
