/**
 * Every primitive in terms of ONNX operators (opset 18), with the shapes of vaekit's graph known.
 *
 * A lowering first says which tensors it reads, so that what it folds into itself (a transposed operand, a bias) need
 * not be emitted, and then emits.
 */
import {
  type AttributesOf,
  type DType,
  type OpName,
  sameShape,
  sizeOf,
  type Tensor,
} from '../../tensor/index.js';
import type { GraphBuilder } from './builder.js';
import { lowerConv, lowerConvFilterGrad, lowerConvInputGrad } from './convolution.js';
import type { OnnxAttribute, OnnxTensor } from './proto.js';

export interface Lowered {
  /** What the emitted nodes read. */
  readonly inputs: readonly Tensor[];
  emit(names: readonly string[], builder: GraphBuilder): string;
}

/** What a lowering may know of the graph around its node. */
export interface Surroundings {
  /** Number of nodes and outputs that read a tensor. */
  uses(tensor: Tensor): number;
  /** Name of a leaf that the surrounding model provides. */
  leaf(node: Tensor): string;
}

type Lowering<K extends OpName> = (node: Tensor<K>, surroundings: Surroundings) => Lowered;

const plain = (node: Tensor, emit: Lowered['emit']): Lowered => ({ inputs: node.inputs, emit });

function operator<K extends OpName>(
  op: string,
  attributes: (a: AttributesOf<K>) => Record<string, OnnxAttribute> = () => ({}),
): Lowering<K> {
  return (node) =>
    plain(node as unknown as Tensor, (names, b) => b.node(op, names, attributes(node.attributes)));
}

/**
 * Elementwise operators over operands that broadcast. ONNX Runtime works through them in spans along the last axis, so
 * where that has length 1 it would take every element by itself: such axes are cut off before and put back after.
 *
 * @param withScalars whether what is emitted has scalars of its own
 */
function inSpans(node: Tensor, emit: Lowered['emit'], withScalars = false): Lowered {
  const ones = node.rank - 1 - node.shape.findLastIndex((length) => length !== 1);
  const broadcasts = withScalars || node.inputs.some((x) => !sameShape(x.shape, node.shape));
  if (ones === 0 || node.size === 1 || !broadcasts) return plain(node, emit);
  return plain(node, (names, b) => {
    const cut = names.map((name, i) => {
      const { shape } = node.inputs[i];
      return shape.length === 0 ? name : b.reshape(name, shape.slice(0, -ones));
    });
    return b.reshape(emit(cut, b), node.shape);
  });
}

function elementwise<K extends OpName>(op: string): Lowering<K> {
  return (node) => inSpans(node as unknown as Tensor, (names, b) => b.node(op, names));
}

/** An elementwise function out of several operators, with scalars among them. */
function composed<K extends OpName>(
  emit: (x: string, b: GraphBuilder, attributes: AttributesOf<K>) => string,
): Lowering<K> {
  return (node) => inSpans(node as unknown as Tensor, ([x], b) => emit(x, b, node.attributes), true);
}

function leaf<K extends OpName>(): Lowering<K> {
  return (node, around) => plain(node as unknown as Tensor, () => around.leaf(node as unknown as Tensor));
}

const CASTS: Record<DType, number> = { float32: 1, uint8: 2, int32: 6, bool: 9 };

const cast = (b: GraphBuilder, x: string, dtype: DType) => b.node('Cast', [x], { to: CASTS[dtype] });

/** Swaps the last two axes of a matrix? Then the product can read it in place. */
function transposedMatrix(x: Tensor): Tensor | undefined {
  return x.is('transpose') && x.rank === 2 ? x.inputs[0] : undefined;
}

function gemm(a: Tensor, b: Tensor, bias?: Tensor): Lowered {
  const [left, right] = [transposedMatrix(a), transposedMatrix(b)];
  const attributes = { transA: left ? 1 : 0, transB: right ? 1 : 0 };
  const inputs = [left ?? a, right ?? b, ...(bias ? [bias] : [])];
  return { inputs, emit: (names, builder) => builder.node('Gemm', names, attributes) };
}

/** A product or convolution with a bias as one operator, when nothing else reads the sum before the bias. */
function withBias(node: Tensor, { uses }: Surroundings): Lowered | undefined {
  for (const [sum, bias] of [node.inputs, [...node.inputs].reverse()]) {
    const isBias = bias.rank === 1 && bias.shape[0] === node.shape[node.rank - 1];
    if (!isBias || !sameShape(sum.shape, node.shape) || uses(sum) !== 1) continue;
    const inputs = [...sum.inputs, bias];
    if (sum.is('matmul') && sum.rank === 2) return gemm(sum.inputs[0], sum.inputs[1], bias);
    if (sum.is('conv')) return { inputs, emit: (names, b) => lowerConv(sum, names, b) };
    if (sum.is('convInputGrad')) return { inputs, emit: (names, b) => lowerConvInputGrad(sum, names, b) };
  }
  return undefined;
}

/** Σ x² reads x once. */
function sumOfSquares(node: Tensor<'reduceSum'>, { uses }: Surroundings): Tensor | undefined {
  const [x] = node.inputs;
  return x.is('mul') && x.inputs[0] === x.inputs[1] && uses(x) === 1 ? x.inputs[0] : undefined;
}

const reduction = (op: string, axes: readonly number[]): Lowered['emit'] => {
  return ([x], b) => b.node(op, [x, b.ints(axes)], { keepdims: 0 });
};

const isZero = (x: Tensor) => x.is('constant') && x.rank === 0 && x.attributes.data[0] === 0;

/**
 * Terms by which arguments are moved up before an asymptotic series in float32. For log Γ they are few, because the
 * logarithm of their product is taken off again and cancels.
 */
const POLYGAMMA_SHIFT = 8;
const LGAMMA_SHIFT = 3;

export const lowerings: { [K in OpName]: Lowering<K> } = {
  input: leaf(),
  variable: leaf(),
  random: leaf(),
  step: leaf(),
  constant: (node) => plain(node, (_, b) => b.constant(node.dtype, node.shape, constantData(node))),
  iota: (node) =>
    plain(node, (_, b) => {
      const { axis } = node.attributes;
      const inner = sizeOf(node.shape.slice(axis + 1));
      const values = Int32Array.from(
        { length: node.size },
        (__, i) => Math.floor(i / inner) % node.shape[axis],
      );
      return b.constant('int32', node.shape, values);
    }),

  neg: operator('Neg'),
  exp: operator('Exp'),
  log: operator('Log'),
  // Kahan's forms: the error of 1 + x (or of eˣ) is divided out again.
  log1p: composed((x, b) => {
    const one = b.scalar(1);
    const u = b.node('Add', [x, one]);
    const quotient = b.node('Div', [b.node('Log', [u]), b.node('Sub', [u, one])]);
    const useX = b.node('Equal', [u, one]);
    const isInfinite = b.node('Equal', [u, b.scalar(Infinity)]);
    const product = b.node('Where', [isInfinite, u, b.node('Mul', [x, quotient])]);
    return b.node('Where', [useX, x, product]);
  }),
  expm1: composed((x, b) => {
    const one = b.scalar(1);
    const u = b.node('Exp', [x]);
    const minus = b.node('Sub', [u, one]);
    const corrected = b.node('Mul', [minus, b.node('Div', [x, b.node('Log', [u])])]);
    const isFar = b.node('Greater', [b.node('Abs', [x]), one]);
    const near = b.node('Where', [b.node('Equal', [u, one]), x, corrected]);
    return b.node('Where', [isFar, minus, near]);
  }),
  sqrt: operator('Sqrt'),
  abs: operator('Abs'),
  sign: operator('Sign'),
  floor: operator('Floor'),
  sin: operator('Sin'),
  cos: operator('Cos'),
  tanh: operator('Tanh'),
  sigmoid: operator('Sigmoid'),
  // max(x, 0) + log(1 + e) with e = exp(−|x|), plus what 1 + e has lost of e. As exact as the operator Softplus, which
  // works one number at a time.
  softplus: composed((x, b) => {
    const one = b.scalar(1);
    const e = b.node('Exp', [b.node('Neg', [b.node('Abs', [x])])]);
    const u = b.node('Add', [e, one]);
    const lost = b.node('Sub', [e, b.node('Sub', [u, one])]);
    return b.node('Add', [b.node('Relu', [x]), b.node('Add', [b.node('Log', [u]), lost])]);
  }),
  erf: operator('Erf'),
  // Stirling's series at x + 3, and the product x (x + 1) (x + 2) taken off again where x was small.
  lgamma: composed((x, b) => {
    const shift = b.scalar(LGAMMA_SHIFT);
    const isSmall = b.node('Less', [x, shift]);
    const z = b.node('Where', [isSmall, b.node('Add', [x, shift]), x]);
    const small = b.node('Min', [x, shift]);
    let product = small;
    for (let k = 1; k < LGAMMA_SHIFT; k++)
      product = b.node('Mul', [product, b.node('Add', [small, b.scalar(k)])]);
    const inverse = b.node('Div', [b.scalar(1), z]);
    const square = b.node('Mul', [inverse, inverse]);
    const coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188];
    const tail = b.node('Mul', [inverse, horner(b, square, coefficients)]);
    // (z − ½) log z − z as one product: ∞ stays ∞.
    const half = b.node('Sub', [z, b.scalar(0.5)]);
    const main = b.node('Mul', [half, b.node('Sub', [b.node('Log', [z]), b.scalar(1)])]);
    const series = b.node('Add', [b.node('Add', [main, b.scalar(0.5 * Math.log(2 * Math.PI) - 0.5)]), tail]);
    const above = b.node('Where', [isSmall, b.node('Log', [product]), b.scalar(0)]);
    return b.node('Sub', [series, above]);
  }),
  polygamma: composed((x, b, { order }) => lowerPolygamma(order, x, b)),

  add: (node, around) => withBias(node, around) ?? inSpans(node, (names, b) => b.node('Add', names)),
  sub: elementwise('Sub'),
  mul: elementwise('Mul'),
  div: elementwise('Div'),
  pow: elementwise('Pow'),
  max: (node) => {
    const [x, y] = node.inputs;
    if (isZero(y) && x.dtype === 'float32') return { inputs: [x], emit: (names, b) => b.node('Relu', names) };
    return inSpans(node, (names, b) => b.node('Max', names));
  },
  min: elementwise('Min'),
  equal: elementwise('Equal'),
  less: elementwise('Less'),
  lessEqual: elementwise('LessOrEqual'),
  where: (node) =>
    inSpans(node, ([condition, x, y], b) => {
      if (node.dtype !== 'bool') return b.node('Where', [condition, x, y]);
      const otherwise = b.node('And', [b.node('Not', [condition]), y]);
      return b.node('Or', [b.node('And', [condition, x]), otherwise]);
    }),

  reduceSum: (node, around) => {
    const squared = sumOfSquares(node, around);
    if (squared) return { inputs: [squared], emit: reduction('ReduceSumSquare', node.attributes.axes) };
    return plain(node, reduction('ReduceSum', node.attributes.axes));
  },
  reduceMax: (node) => plain(node, reduction('ReduceMax', node.attributes.axes)),
  argMax: (node) =>
    plain(node, ([x], b) =>
      cast(b, b.node('ArgMax', [x], { axis: node.attributes.axis, keepdims: 0 }), 'int32'),
    ),
  topK: (node) =>
    plain(node, ([x], b) => {
      const { k, largest } = node.attributes;
      const [, indices] = b.nodeWithOutputs('TopK', [x, b.ints([k])], 2, {
        axis: -1,
        largest: largest ? 1 : 0,
        sorted: 1,
      });
      return cast(b, indices, 'int32');
    }),
  assignment: () => {
    throw new Error(
      'assignment: ONNX has no operation that matches points one to one; use the native engine (vaekit doctor says why it is missing), or a loss that needs no matching',
    );
  },
  cumsum: (node) =>
    plain(node, ([x], b) => {
      const { axis, reverse } = node.attributes;
      const along = b.constant('int64', [], BigInt64Array.of(BigInt(axis)));
      return b.node('CumSum', [x, along], { reverse: reverse ? 1 : 0 });
    }),

  reshape: (node) => plain(node, ([x], b) => b.reshape(x, node.shape)),
  transpose: operator('Transpose', ({ permutation }) => ({ perm: permutation })),
  broadcastTo: (node) => plain(node, ([x], b) => b.node('Expand', [x, b.ints(node.shape)])),
  slice: (node) =>
    plain(node, ([x], b) => {
      const { starts, sizes, steps } = node.attributes;
      // An end before the first element has no index that does not count from the back: the smallest one is cut to it.
      const ends = starts
        .map((start, axis) => start + sizes[axis] * steps[axis])
        .map((end) => (end < 0 ? -(2 ** 31) : end));
      return b.node('Slice', [
        x,
        b.ints(starts),
        b.ints(ends),
        b.ints(starts.map((_, axis) => axis)),
        b.ints(steps),
      ]);
    }),
  pad: (node) =>
    plain(node, ([x], b) => {
      const { before, after, value } = node.attributes;
      const filler = b.constant(node.dtype, [], constantOf(node.dtype, [value]));
      return b.node('Pad', [x, b.ints([...before, ...after]), filler], { mode: 'constant' });
    }),
  concat: operator('Concat', ({ axis }) => ({ axis })),
  gather: operator('Gather', () => ({ axis: 0 })),
  scatterAdd: (node) =>
    plain(node, ([updates, indices], b) => {
      const rows = node.inputs[1].size;
      const width = node.size / node.shape[0];
      const zeros = b.node('Expand', [b.scalar(0), b.ints([node.shape[0], width])]);
      if (rows === 0) return b.reshape(zeros, node.shape);
      const positions = b.node('Expand', [b.reshape(indices, [rows, 1]), b.ints([rows, width])]);
      const flat = b.reshape(updates, [rows, width]);
      const sums = b.node('ScatterElements', [zeros, positions, flat], { axis: 0, reduction: 'add' });
      return b.reshape(sums, node.shape);
    }),

  matmul: (node) => {
    if (node.rank === 2) return gemm(node.inputs[0], node.inputs[1]);
    return plain(node, (names, b) => b.node('MatMul', names));
  },
  conv: (node) => plain(node, (names, b) => lowerConv(node, names, b)),
  convInputGrad: (node) => plain(node, (names, b) => lowerConvInputGrad(node, names, b)),
  convFilterGrad: (node) => plain(node, (names, b) => lowerConvFilterGrad(node, names, b)),

  cast: (node) => plain(node, ([x], b) => cast(b, x, node.dtype)),
  stopGradient: (node) => plain(node, ([x]) => x),
};

export function lower<K extends OpName>(node: Tensor<K>, surroundings: Surroundings): Lowered {
  // Nothing need not be computed, and ONNX Runtime's TopK and Expand fail at it.
  if (node.size === 0 && node.inputs.length > 0) {
    return { inputs: [], emit: (_, b) => b.constant(node.dtype, node.shape, constantOf(node.dtype, [])) };
  }
  const lowering = lowerings[node.op] as unknown as Lowering<K>;
  return lowering(node, surroundings);
}

function constantData(node: Tensor<'constant'>): OnnxTensor['data'] {
  return constantOf(node.dtype, node.attributes.data);
}

function constantOf(dtype: DType, data: ArrayLike<number>): OnnxTensor['data'] {
  if (dtype === 'float32') return data instanceof Float32Array ? data : Float32Array.from(data);
  return dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
}

/** Σ coefficients[i] xⁱ. */
function horner(b: GraphBuilder, x: string, coefficients: readonly number[]): string {
  return coefficients
    .slice(0, -1)
    .reduceRight(
      (sum, c) => b.node('Add', [b.node('Mul', [sum, x]), b.scalar(c)]),
      b.scalar(coefficients[coefficients.length - 1]),
    );
}

/** ψ⁽ⁿ⁾ by its asymptotic series at x + 8 and the recurrence ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x + 1) + (−1)ⁿ⁺¹ n! / xⁿ⁺¹. */
function lowerPolygamma(order: number, x: string, b: GraphBuilder): string {
  const power = (base: string, exponent: number) => b.node('Pow', [base, b.scalar(exponent)]);
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const sign = order % 2 === 0 ? -1 : 1;
  let shifted = power(x, -(order + 1));
  for (let k = 1; k < POLYGAMMA_SHIFT; k++)
    shifted = b.node('Add', [shifted, power(b.node('Add', [x, b.scalar(k)]), -(order + 1))]);
  const shift = b.node('Mul', [shifted, b.scalar(sign * factorial(order))]);
  const z = b.node('Add', [x, b.scalar(POLYGAMMA_SHIFT)]);
  const inverse = b.node('Div', [b.scalar(1), z]);
  const square = b.node('Mul', [inverse, inverse]);
  const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30];
  if (order === 0) {
    const series = horner(b, square, [0, ...bernoulli.map((value, i) => value / (2 * i + 2))]);
    const main = b.node('Sub', [b.node('Log', [z]), b.node('Mul', [inverse, b.scalar(0.5)])]);
    return b.node('Add', [b.node('Sub', [main, series]), shift]);
  }
  // sign · z⁻ⁿ [ (n−1)! + n!/(2z) + Σ B₂ₖ (2k+n−1)!/(2k)! z⁻²ᵏ ]
  const coefficients = bernoulli.map(
    (value, i) => (value * factorial(2 * i + 1 + order)) / factorial(2 * i + 2),
  );
  const series = horner(b, square, [factorial(order - 1), ...coefficients]);
  const bracket = b.node('Add', [series, b.node('Mul', [inverse, b.scalar(factorial(order) / 2)])]);
  return b.node('Add', [
    b.node('Mul', [b.node('Mul', [power(inverse, order), bracket]), b.scalar(sign)]),
    shift,
  ]);
}
