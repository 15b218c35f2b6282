/** Primitives that move elements and compute nothing. */
import { requireShape, type Shape, ShapeError, sameShape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type Rule, requireSameDType, sumToShape } from './rule.js';

export const reshape: Rule<{ shape: Shape }> = {
  infer([x], { shape }) {
    if (sizeOf(x.shape) !== sizeOf(shape)) {
      throw new ShapeError(
        'reshape',
        `${show(x.shape)} has ${sizeOf(x.shape)} elements but ${show(shape)} has ${sizeOf(shape)}`,
      );
    }
    return { shape, dtype: x.dtype };
  },
  gradient: (y, g) => [g.reshape(y.inputs[0].shape)],
};

/** Result axis i is input axis `permutation[i]`. */
export const transpose: Rule<{ permutation: readonly number[] }> = {
  infer([x], { permutation }) {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (
      !sameShape(
        sorted,
        x.shape.map((_, axis) => axis),
      )
    ) {
      throw new ShapeError(
        'transpose',
        `${show(permutation)} does not permute the axes of shape ${show(x.shape)}`,
      );
    }
    return { shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype };
  },
  gradient: (_, g, { permutation }) => [
    g.transpose(permutation.map((__, axis) => permutation.indexOf(axis))),
  ],
};

export const broadcastTo: Rule<{ shape: Shape }> = {
  infer([x], { shape }) {
    requireShape('broadcastTo', shape);
    const offset = shape.length - x.rank;
    if (offset < 0 || x.shape.some((n, axis) => n !== 1 && n !== shape[offset + axis])) {
      throw new ShapeError('broadcastTo', `${show(x.shape)} does not stretch to ${show(shape)}`);
    }
    return { shape, dtype: x.dtype };
  },
  gradient: (y, g) => [sumToShape(g, y.inputs[0].shape)],
};

export interface SliceAttributes {
  /** First index of each axis. */
  starts: readonly number[];
  /** Number of elements taken of each axis. */
  sizes: readonly number[];
  /** Distance between them; negative steps walk backwards. */
  steps: readonly number[];
}

export const slice: Rule<SliceAttributes> = {
  infer([x], { starts, sizes, steps }) {
    x.shape.forEach((length, axis) => {
      const last = starts[axis] + (sizes[axis] - 1) * steps[axis];
      const outside = (index: number) => !(index >= 0 && index < length);
      if (sizes[axis] < 0 || (sizes[axis] > 0 && (outside(starts[axis]) || outside(last)))) {
        const wanted = `${sizes[axis]} elements from index ${starts[axis]} in steps of ${steps[axis]}`;
        throw new ShapeError('slice', `axis ${axis} of shape ${show(x.shape)} does not hold ${wanted}`);
      }
    });
    return { shape: sizes, dtype: x.dtype };
  },
  gradient(y, g, { starts, sizes, steps }) {
    const { shape } = y.inputs[0];
    // Nothing was taken, and the sum of nothing is 0.
    if (y.size === 0) return [g.sum().broadcastTo(shape)];
    const flipped = g.flip(steps.flatMap((step, axis) => (step < 0 ? [axis] : [])));
    const spread = steps.reduce((t, step, axis) => spreadAlong(t, axis, Math.abs(step)), flipped);
    const before = starts.map((start, axis) =>
      steps[axis] < 0 ? start + (sizes[axis] - 1) * steps[axis] : start,
    );
    const after = shape.map((length, axis) => length - before[axis] - spread.shape[axis]);
    return [spread.pad(before.map((n, axis) => [n, after[axis]] as const))];
  },
};

/** Puts `step − 1` zeros between the neighbours of an axis. */
function spreadAlong(x: Tensor, axis: number, step: number): Tensor {
  const length = x.shape[axis];
  if (step === 1 || length < 2) return x;
  const split = [...x.shape.slice(0, axis), length, 1, ...x.shape.slice(axis + 1)];
  const padded = x.reshape(split).pad(split.map((_, i) => (i === axis + 1 ? [0, step - 1] : [0, 0])));
  const merged = padded.reshape(x.shape.map((n, i) => (i === axis ? length * step : n)));
  return merged.slice(x.shape.map((n, i) => [0, i === axis ? (length - 1) * step + 1 : n]));
}

export const pad: Rule<{ before: readonly number[]; after: readonly number[]; value: number }> = {
  infer([x], { before, after }) {
    if ([...before, ...after].some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ShapeError(
        'pad',
        `cannot pad shape ${show(x.shape)} by ${show(before)} before and ${show(after)} after`,
      );
    }
    return { shape: x.shape.map((n, axis) => n + before[axis] + after[axis]), dtype: x.dtype };
  },
  gradient: (y, g, { before }) => [
    g.slice(y.inputs[0].shape.map((n, axis) => [before[axis], before[axis] + n])),
  ],
};

export const concat: Rule<{ axis: number }> = {
  infer(inputs, { axis }) {
    const [first] = inputs;
    for (const x of inputs) {
      requireSameDType('concat', first, x);
      if (x.rank !== first.rank || x.shape.some((n, i) => i !== axis && n !== first.shape[i])) {
        throw new ShapeError(
          'concat',
          `shapes ${inputs.map((t) => show(t.shape)).join(' and ')} differ beside axis ${axis}`,
        );
      }
    }
    const total = inputs.reduce((sum, x) => sum + x.shape[axis], 0);
    return { shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: first.dtype };
  },
  gradient(y, g, { axis }) {
    let start = 0;
    return y.inputs.map(({ shape }) => {
      const from = start;
      start += shape[axis];
      return g.slice(shape.map((n, i) => (i === axis ? [from, from + n] : [0, n])));
    });
  },
};
