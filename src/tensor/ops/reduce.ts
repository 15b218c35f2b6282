/** Primitives that look along axes: sums, maxima, running sums and orderings. Reduced axes disappear. */
import { type Shape, ShapeError, show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type Rule, requireDType } from './rule.js';

export interface Axes {
  axes: readonly number[];
}

const without = (shape: Shape, axes: readonly number[]) => shape.filter((_, axis) => !axes.includes(axis));
const kept = (shape: Shape, axes: readonly number[]) => shape.map((n, axis) => (axes.includes(axis) ? 1 : n));

/** Puts reduced axes back and stretches them over what was reduced. */
function stretch(reduced: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return reduced.reshape(kept(shape, axes)).broadcastTo(shape);
}

function requireElements(name: string, x: Tensor, axes: readonly number[]): void {
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(name, `nothing to choose from along axes ${show(axes)} of shape ${show(x.shape)}`);
  }
}

export const reduceSum: Rule<Axes> = {
  infer([x], { axes }) {
    requireDType('sum', x, 'float32', 'int32');
    return { shape: without(x.shape, axes), dtype: x.dtype };
  },
  gradient: (y, g, { axes }) => [stretch(g, y.inputs[0].shape, axes)],
};

/** Elements that share the maximum share its gradient. */
export const reduceMax: Rule<Axes> = {
  infer([x], { axes }) {
    requireDType('max', x, 'float32', 'int32');
    requireElements('max', x, axes);
    return { shape: without(x.shape, axes), dtype: x.dtype };
  },
  gradient(y, g, { axes }) {
    const [x] = y.inputs;
    const winners = x.equal(stretch(y, x.shape, axes)).cast('float32');
    return [winners.mul(stretch(g.div(winners.sum(axes)), x.shape, axes))];
  },
};

/** Index of the first largest element; any index where one is NaN. */
export const argMax: Rule<{ axis: number }> = {
  infer([x], { axis }) {
    requireDType('argMax', x, 'float32', 'int32');
    requireElements('argMax', x, [axis]);
    return { shape: without(x.shape, [axis]), dtype: 'int32' };
  },
};

/**
 * Indices of the k largest (or smallest) along the last axis, best first; of equal elements the lowest index first. Where
 * one is NaN the order is open.
 */
export const topK: Rule<{ k: number; largest: boolean }> = {
  infer([x], { k }) {
    requireDType('topK', x, 'float32');
    const length = x.shape.at(-1);
    if (length === undefined || !Number.isInteger(k) || k < 1 || k > length) {
      throw new ShapeError('topK', `cannot take ${k} elements along the last axis of shape ${show(x.shape)}`);
    }
    return { shape: [...x.shape.slice(0, -1), k], dtype: 'int32' };
  },
};

/** Running sum along an axis, from its start or (`reverse`) from its end. */
export const cumsum: Rule<{ axis: number; reverse: boolean }> = {
  infer([x]) {
    requireDType('cumsum', x, 'float32', 'int32');
    return x;
  },
  gradient: (_, g, { axis, reverse }) => [g.cumsum(axis, { reverse: !reverse })],
};
