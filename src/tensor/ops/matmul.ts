/** Matrix product over the last two axes; the axes before them are batch axes and equal on both sides. */
import { ShapeError, sameShape, show } from '../shape.js';
import { type None, type Rule, requireDType } from './rule.js';

export const matmul: Rule<None> = {
  infer([a, b]) {
    requireDType('matmul', a, 'float32');
    requireDType('matmul', b, 'float32');
    const [m, k] = a.shape.slice(-2);
    const [rows, n] = b.shape.slice(-2);
    const batch = a.shape.slice(0, -2);
    if (a.rank < 2 || b.rank < 2 || k !== rows || !sameShape(batch, b.shape.slice(0, -2))) {
      throw new ShapeError(
        'matmul',
        `${show(a.shape)} and ${show(b.shape)} do not multiply; wanted [..., m, k] and [..., k, n]`,
      );
    }
    return { shape: [...batch, m, n], dtype: 'float32' };
  },
  gradient(y, g) {
    const [a, b] = y.inputs;
    return [g.matmul(b.swapLastAxes()), a.swapLastAxes().matmul(g)];
  },
};
