/** What is composed of primitives and does not belong to one tensor: makers, joins, soft maxima, lookups. */
import type { DType } from './dtype.js';
import { normaliseAxis, requireShape, type Shape, ShapeError, sameShape, show, sizeOf } from './shape.js';
import { apply, constant, type Tensor } from './tensor.js';

/** A value that the caller feeds at every run. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  requireShape('input', shape);
  return apply('input', [], { name, shape, dtype });
}

/** Number of the running step, from 0; int32 scalar. */
export function step(): Tensor {
  return apply('step', [], {});
}

/**
 * Standard normal numbers, fresh at every step and determined by (seed, stream, step). Two draws of one shape from
 * one stream are the same draw: a second, independent one needs a stream of its own.
 */
export function randomNormal(stream: string, shape: Shape): Tensor {
  requireShape('randomNormal', shape);
  return apply('random', [], { stream, distribution: 'normal', shape });
}

/** Numbers uniform in [0, 1), otherwise as `randomNormal`. */
export function randomUniform(stream: string, shape: Shape): Tensor {
  requireShape('randomUniform', shape);
  return apply('random', [], { stream, distribution: 'uniform', shape });
}

export function zeros(shape: Shape, dtype: DType = 'float32'): Tensor {
  return fill(shape, 0, dtype);
}

export function ones(shape: Shape, dtype: DType = 'float32'): Tensor {
  return fill(shape, 1, dtype);
}

export function fill(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  return constant(value, dtype).broadcastTo(shape);
}

/** 0, 1, 2 … along `axis`; int32. */
export function iota(shape: Shape, axis = -1): Tensor {
  requireShape('iota', shape);
  return apply('iota', [], { shape, axis: normaliseAxis('iota', axis, shape.length) });
}

/** Joins tensors along an axis that they have. */
export function concat(tensors: readonly Tensor[], axis = -1): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new ShapeError('concat', 'nothing to join');
  return apply('concat', tensors, { axis: normaliseAxis('concat', axis, first.rank) });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new ShapeError('stack', 'nothing to join');
  const at = normaliseAxis('stack', axis, first.rank + 1);
  return concat(
    tensors.map((x) => x.expandDims(at)),
    at,
  );
}

/** Cuts an axis into parts of the given lengths, which must add up to it. */
export function split(x: Tensor, lengths: readonly number[], axis = -1): Tensor[] {
  const at = normaliseAxis('split', axis, x.rank);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== x.shape[at]) {
    throw new ShapeError(
      'split',
      `parts of ${show(lengths)} add up to ${total}, but axis ${at} of ${show(x.shape)} has ${x.shape[at]}`,
    );
  }
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return x.sliceAlong(at, start - length, start);
  });
}

/** log Σ exp(x) along axes, with the maximum taken out first so that nothing overflows. */
export function logSumExp(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const largest = x.amax(axes, { keepDims: true }).stopGradient();
  // A row of −∞ has no finite maximum to take out.
  const shift = largest.isFinite().where(largest, 0);
  const total = x.sub(shift).exp().sum(axes, { keepDims: true }).log().add(shift);
  return keepDims ? total : total.sum(axes);
}

/** log (1/n) Σ exp(x) along one axis. */
export function logMeanExp(x: Tensor, axis: number): Tensor {
  return logSumExp(x, axis).sub(Math.log(x.shape[normaliseAxis('logMeanExp', axis, x.rank)]));
}

export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return x.sub(logSumExp(x, axis, true));
}

export function softmax(x: Tensor, axis = -1): Tensor {
  const exps = x.sub(x.amax(axis, { keepDims: true }).stopGradient()).exp();
  return exps.div(exps.sum(axis, { keepDims: true }));
}

/** Ones at the indices: [...shape] of int32 → [...shape, classes] of float32. */
export function oneHot(indices: Tensor, classes: number): Tensor {
  const range = iota([...indices.shape.map(() => 1), classes]);
  return indices.expandDims(-1).equal(range).cast('float32');
}

/** Elements `x[..., indices[..., i]]` of the last axis, one list of indices per row. */
export function takeAlongLast(x: Tensor, indices: Tensor): Tensor {
  const leading = x.shape.slice(0, -1);
  if (x.rank === 0 || !sameShape(leading, indices.shape.slice(0, -1)) || indices.rank !== x.rank) {
    throw new ShapeError(
      'takeAlongLast',
      `indices ${show(indices.shape)} are not one list for each row of ${show(x.shape)}`,
    );
  }
  const length = x.shape[x.rank - 1];
  const rows = sizeOf(leading);
  const count = indices.shape[indices.rank - 1];
  const offsets = iota([rows, 1], 0).mul(constant(length, 'int32'));
  const flat = indices.reshape([rows, count]).add(offsets);
  return x.reshape([x.size]).gather(flat).reshape(indices.shape);
}

/** Values and indices of the last axis, sorted; equal values keep their order. */
export function sort(x: Tensor, options: { descending?: boolean } = {}): { values: Tensor; indices: Tensor } {
  const indices = x.topK(x.shape[x.rank - 1], { largest: options.descending ?? false });
  return { values: takeAlongLast(x, indices), indices };
}

/**
 * Ones at each row's k largest elements, ties to the lowest index, of x's shape; no gradient flows through it.
 *
 * A threshold at the k-th largest value would let more through: float32 numbers tie.
 *
 * @param kept int32 scalar ≤ k: only that many of them
 */
export function topKMask(x: Tensor, k: number, kept?: Tensor): Tensor {
  const length = x.shape[x.rank - 1];
  const rows = x.size / length;
  const indices = x.stopGradient().reshape([rows, length]).topK(k);
  const flat = indices.add(iota([rows, 1], 0).mul(constant(length, 'int32'))).reshape([rows * k]);
  const chosen = kept ? iota([rows, k]).less(kept).cast('float32') : ones([rows, k]);
  return chosen
    .reshape([rows * k])
    .scatterAdd(flat, x.size)
    .reshape(x.shape);
}

/** `value`, with the derivative of `surrogate`: sg(v) + s − sg(s). */
export function withGradientOf(value: Tensor, surrogate: Tensor): Tensor {
  return value.stopGradient().add(surrogate.sub(surrogate.stopGradient()));
}

/** 1/n Σ x xᵀ − x̄ x̄ᵀ over the first axis: [n, d] → [d, d]. */
export function covariance(x: Tensor): Tensor {
  const centred = x.sub(x.mean(0));
  return centred
    .swapLastAxes()
    .matmul(centred)
    .mul(1 / x.shape[0]);
}

/** 1 / (1 + e⁻ˣ) times x, also called Swish. */
export function silu(x: Tensor): Tensor {
  return x.mul(x.sigmoid());
}

export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return x.max(x.mul(slope));
}

/** x for x > 0, else eˣ − 1. */
export function elu(x: Tensor): Tensor {
  return x.less(0).where(x.min(0).expm1(), x);
}

/** x Φ(x), with the exact normal distribution function. */
export function gelu(x: Tensor): Tensor {
  return x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
}
