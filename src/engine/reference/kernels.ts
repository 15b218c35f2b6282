/**
 * Every primitive as a plain loop in float64: the definition that other engines are tested against. Written to be
 * obviously right, not fast.
 */
import { RandomStream } from '../../random/index.js';
import {
  type AttributesOf,
  type DType,
  type OpName,
  type Shape,
  sizeOf,
  stridesOf,
  type Tensor,
} from '../../tensor/index.js';
import type { Values } from '../engine.js';
import { auction } from './auction.js';
import { visitProducts } from './convolution.js';
import { broadcastStrides, offsets } from './indexing.js';
import { erf, lgamma, polygamma } from './special.js';

/** What a node may ask about the running step. */
export interface StepContext {
  readonly step: number;
  readonly seed: number;
  /** Values of this step's inputs and of the variables before it. */
  leaf(node: Tensor<'input'> | Tensor<'variable'>): Values;
}

type Kernel<K extends OpName> = (node: Tensor<K>, inputs: readonly Values[], context: StepContext) => Values;

export function allocateValues(dtype: DType, size: number): Values {
  if (dtype === 'float32') return new Float64Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

const result = (node: Tensor) => allocateValues(node.dtype, node.size);

function unary<K extends OpName>(f: (x: number, attributes: AttributesOf<K>) => number): Kernel<K> {
  return (node, [x]) => {
    const y = result(node as unknown as Tensor);
    for (let i = 0; i < y.length; i++) y[i] = f(x[i], node.attributes);
    return y;
  };
}

function binary<K extends OpName>(f: (a: number, b: number) => number): Kernel<K> {
  return (node, [a, b]) => {
    const y = result(node as unknown as Tensor);
    const [atA, atB] = node.inputs.map((x) => offsets(node.shape, broadcastStrides(x.shape, node.shape)));
    for (let i = 0; i < y.length; i++) y[i] = f(a[atA[i]], b[atB[i]]);
    return y;
  };
}

/** Copies the elements at the given offsets. */
function take(node: Tensor, x: Values, at: Int32Array): Values {
  const y = result(node);
  for (let i = 0; i < y.length; i++) y[i] = x[at[i]];
  return y;
}

/** Offsets of the result's element for every element of x, reduced axes having stride 0. */
function reducedOffsets(shape: Shape, axes: readonly number[]): Int32Array {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return offsets(shape, broadcastStrides(kept, shape));
}

/** x[row, i] for rows along an axis: the outer size, the axis' length and the size within. */
function alongAxis(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}

const product = binary<'mul'>((a, b) => a * b);
/** A double holds no 62-bit product; whole numbers wrap round at 32 bits. */
const wholeProduct = binary<'mul'>(Math.imul);

const NaNOr = (f: (a: number, b: number) => number) => (a: number, b: number) =>
  Number.isNaN(a) || Number.isNaN(b) ? NaN : f(a, b);

export const kernels: { [K in OpName]: Kernel<K> } = {
  input: (node, _, context) => context.leaf(node),
  variable: (node, _, context) => context.leaf(node),
  constant: (node) => {
    const y = result(node);
    y.set(node.attributes.data);
    return y;
  },
  step: (_, __, { step }) => Int32Array.of(step),
  random: (node, _, { seed, step }) => {
    const { stream, distribution } = node.attributes;
    return Float64Array.from(new RandomStream(seed, stream)[distribution](new Float32Array(node.size), step));
  },
  iota: (node) => {
    const strides = node.shape.map((__, axis) => (axis === node.attributes.axis ? 1 : 0));
    return offsets(node.shape, strides);
  },

  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  expm1: unary(Math.expm1),
  sqrt: unary(Math.sqrt),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  floor: unary(Math.floor),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  erf: unary(erf),
  lgamma: unary(lgamma),
  polygamma: unary((x, { order }) => polygamma(order, x)),

  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: (node, inputs, context) => (node.dtype === 'int32' ? wholeProduct : product)(node, inputs, context),
  div: binary((a, b) => a / b),
  pow: binary((a, b) => a ** b),
  max: binary(NaNOr(Math.max)),
  min: binary(NaNOr(Math.min)),
  equal: binary((a, b) => Number(a === b)),
  less: binary((a, b) => Number(a < b)),
  lessEqual: binary((a, b) => Number(a <= b)),
  where: (node, [condition, a, b]) => {
    const y = result(node);
    const [atC, atA, atB] = node.inputs.map((x) =>
      offsets(node.shape, broadcastStrides(x.shape, node.shape)),
    );
    for (let i = 0; i < y.length; i++) y[i] = condition[atC[i]] ? a[atA[i]] : b[atB[i]];
    return y;
  },

  reduceSum: (node, [x]) => {
    const y = result(node);
    const at = reducedOffsets(node.inputs[0].shape, node.attributes.axes);
    for (let i = 0; i < x.length; i++) y[at[i]] += x[i];
    return y;
  },
  reduceMax: (node, [x]) => {
    const y = result(node).fill(node.dtype === 'int32' ? -(2 ** 31) : -Infinity);
    const at = reducedOffsets(node.inputs[0].shape, node.attributes.axes);
    for (let i = 0; i < x.length; i++)
      if (!(x[i] <= y[at[i]])) y[at[i]] = Number.isNaN(y[at[i]]) ? NaN : x[i];
    return y;
  },
  argMax: (node, [x]) => {
    const y = result(node);
    const { outer, length, inner } = alongAxis(node.inputs[0].shape, node.attributes.axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let best = 0;
        for (let k = 1; k < length; k++) {
          if (x[(o * length + k) * inner + i] > x[(o * length + best) * inner + i]) best = k;
        }
        y[o * inner + i] = best;
      }
    }
    return y;
  },
  topK: (node, [x]) => {
    const y = result(node);
    const { k, largest } = node.attributes;
    const length = node.inputs[0].shape.at(-1) ?? 0;
    for (let row = 0; row * length < x.length; row++) {
      const value = (i: number) => x[row * length + i];
      const better = (i: number, j: number) => (largest ? value(j) - value(i) : value(i) - value(j));
      const order = Array.from({ length }, (_, i) => i).sort((i, j) => better(i, j) || i - j);
      y.set(order.slice(0, k), row * k);
    }
    return y;
  },
  assignment: (node, [cost]) => {
    const y = result(node);
    const [batch, n] = node.shape;
    for (let i = 0; i < batch; i++) {
      const matrix = cost.subarray(i * n * n, (i + 1) * n * n);
      y.set(auction(matrix, n, node.attributes.tolerance), i * n);
    }
    return y;
  },
  cumsum: (node, [x]) => {
    const y = result(node);
    const { axis, reverse } = node.attributes;
    const { outer, length, inner } = alongAxis(node.shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let k = 0; k < length; k++) {
          const at = (o * length + (reverse ? length - 1 - k : k)) * inner + i;
          sum += x[at];
          y[at] = sum;
        }
      }
    }
    return y;
  },

  reshape: (_, [x]) => x,
  transpose: (node, [x]) => {
    const strides = stridesOf(node.inputs[0].shape);
    return take(
      node,
      x,
      offsets(
        node.shape,
        node.attributes.permutation.map((axis) => strides[axis]),
      ),
    );
  },
  broadcastTo: (node, [x]) =>
    take(node, x, offsets(node.shape, broadcastStrides(node.inputs[0].shape, node.shape))),
  slice: (node, [x]) => {
    const strides = stridesOf(node.inputs[0].shape);
    const { starts, steps } = node.attributes;
    const start = starts.reduce((sum, index, axis) => sum + index * strides[axis], 0);
    return take(
      node,
      x,
      offsets(
        node.shape,
        strides.map((stride, axis) => stride * steps[axis]),
        start,
      ),
    );
  },
  pad: (node, [x]) => {
    const y = result(node).fill(node.attributes.value);
    const strides = stridesOf(node.shape);
    const start = node.attributes.before.reduce((sum, n, axis) => sum + n * strides[axis], 0);
    const at = offsets(node.inputs[0].shape, strides, start);
    for (let i = 0; i < x.length; i++) y[at[i]] = x[i];
    return y;
  },
  concat: (node, inputs) => {
    const y = result(node);
    const strides = stridesOf(node.shape);
    let start = 0;
    inputs.forEach((x, k) => {
      const at = offsets(node.inputs[k].shape, strides, start * (strides[node.attributes.axis] ?? 1));
      for (let i = 0; i < x.length; i++) y[at[i]] = x[i];
      start += node.inputs[k].shape[node.attributes.axis];
    });
    return y;
  },
  gather: (node, [x, indices]) => {
    const y = result(node);
    const rows = node.inputs[0].shape[0];
    const width = sizeOf(node.inputs[0].shape.slice(1));
    indices.forEach((row, i) => {
      requireRow('gather', row, rows);
      y.set(x.subarray(row * width, (row + 1) * width), i * width);
    });
    return y;
  },
  scatterAdd: (node, [updates, indices]) => {
    const y = result(node);
    const width = sizeOf(node.shape.slice(1));
    indices.forEach((row, i) => {
      requireRow('scatterAdd', row, node.shape[0]);
      for (let j = 0; j < width; j++) y[row * width + j] += updates[i * width + j];
    });
    return y;
  },

  matmul: (node, [a, b]) => {
    const y = result(node);
    const [m, k] = node.inputs[0].shape.slice(-2);
    const n = node.shape[node.rank - 1];
    for (let batch = 0; batch * m * n < y.length; batch++) {
      for (let i = 0; i < m; i++) {
        for (let p = 0; p < k; p++) {
          const left = a[(batch * m + i) * k + p];
          for (let j = 0; j < n; j++) y[(batch * m + i) * n + j] += left * b[(batch * k + p) * n + j];
        }
      }
    }
    return y;
  },
  conv: (node, [x, w]) => {
    const y = result(node);
    const shapes = { x: node.inputs[0].shape, w: node.inputs[1].shape, y: node.shape };
    visitProducts(shapes, node.attributes, (atX, atW, atY) => {
      y[atY] += x[atX] * w[atW];
    });
    return y;
  },
  convInputGrad: (node, [g, w]) => {
    const x = result(node);
    const shapes = { x: node.shape, w: node.inputs[1].shape, y: node.inputs[0].shape };
    visitProducts(shapes, node.attributes, (atX, atW, atY) => {
      x[atX] += g[atY] * w[atW];
    });
    return x;
  },
  convFilterGrad: (node, [x, g]) => {
    const w = result(node);
    const shapes = { x: node.inputs[0].shape, w: node.shape, y: node.inputs[1].shape };
    visitProducts(shapes, node.attributes, (atX, atW, atY) => {
      w[atW] += x[atX] * g[atY];
    });
    return w;
  },

  cast: (node, [x]) => {
    const y = result(node);
    for (let i = 0; i < y.length; i++) {
      if (node.dtype === 'float32') y[i] = x[i];
      else y[i] = node.dtype === 'bool' ? Number(x[i] !== 0) : Math.trunc(x[i]);
    }
    return y;
  },
  stopGradient: (_, [x]) => x,
};

function requireRow(operation: string, row: number, rows: number): void {
  if (row < 0 || row >= rows) throw new RangeError(`${operation}: index ${row} is outside ${rows} rows`);
}
