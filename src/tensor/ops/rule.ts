/** What every primitive operation declares: its result's shape and type, and the gradients of its inputs. */
import type { DType } from '../dtype.js';
import { type Shape, ShapeError, sameShape, show } from '../shape.js';
import type { Tensor } from '../tensor.js';

export interface Signature {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** No attributes. */
export type None = Record<never, never>;

/**
 * The two rules of a primitive. `gradient` gives, for the cotangent of the node, the cotangent of each input,
 * or `undefined` for an input that the result does not depend on smoothly. It is written with the same
 * primitives, so gradients can be differentiated again.
 */
export interface Rule<A> {
  infer(inputs: readonly Tensor[], attributes: A): Signature;
  gradient?(node: Tensor, cotangent: Tensor, attributes: A): readonly (Tensor | undefined)[];
}

/** Sums a cotangent over the axes along which an operand of `shape` was broadcast. */
export function sumToShape(cotangent: Tensor, shape: Shape): Tensor {
  if (sameShape(cotangent.shape, shape)) return cotangent;
  const added = cotangent.rank - shape.length;
  const axes = cotangent.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < added || (shape[axis - added] === 1 && cotangent.shape[axis] !== 1));
  return cotangent.sum(axes).reshape(shape);
}

export function requireDType(operation: string, tensor: Tensor, ...allowed: DType[]): void {
  if (!allowed.includes(tensor.dtype)) {
    throw new ShapeError(
      operation,
      `needs ${allowed.join(' or ')} but got ${tensor.dtype} of shape ${show(tensor.shape)}`,
    );
  }
}

export function requireSameDType(operation: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype)
    throw new ShapeError(operation, `${a.dtype} and ${b.dtype} do not mix; cast one of them`);
}
