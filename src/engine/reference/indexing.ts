/** Walking row-major arrays through strides: the one loop behind broadcasting, transposing, slicing and reducing. */
import { type Shape, sizeOf, stridesOf } from '../../tensor/index.js';

/**
 * Offsets into an array for every position of `shape` in row-major order, the array being walked with the given
 * stride per axis from `start`.
 */
export function offsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  if (out.length === 0) return out;
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < out.length; i++) {
    out[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/** Strides with which an array of shape `from` is read as if it had the broadcast shape `to`. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  return to.map((_, axis) => {
    const at = axis - (to.length - from.length);
    return at < 0 || from[at] === 1 ? 0 : own[at];
  });
}
