/** Primitives that address rows by index. */
import { requireShape, ShapeError, sameShape, show } from '../shape.js';
import { type None, type Rule, requireDType } from './rule.js';

/**
 * Rows `x[indices[i]]` of the first axis. An index outside it is an error of the engine; ONNX Runtime counts negative
 * ones from the end instead.
 */
export const gather: Rule<None> = {
  infer([x, indices]) {
    requireDType('gather', indices, 'int32');
    if (x.rank === 0) throw new ShapeError('gather', 'a scalar has no rows');
    return { shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype };
  },
  gradient: (y, g) => [g.scatterAdd(y.inputs[1], y.inputs[0].shape[0]), undefined],
};

/** `size` rows, row r being the sum of all `updates[i]` with `indices[i] = r`. */
export const scatterAdd: Rule<{ size: number }> = {
  infer([updates, indices], { size }) {
    requireDType('scatterAdd', indices, 'int32');
    requireDType('scatterAdd', updates, 'float32');
    requireShape('scatterAdd', [size]);
    if (!sameShape(updates.shape.slice(0, indices.rank), indices.shape)) {
      throw new ShapeError(
        'scatterAdd',
        `updates ${show(updates.shape)} do not start with the indices' shape ${show(indices.shape)}`,
      );
    }
    return { shape: [size, ...updates.shape.slice(indices.rank)], dtype: updates.dtype };
  },
  gradient: (y, g) => [g.gather(y.inputs[1]), undefined],
};
