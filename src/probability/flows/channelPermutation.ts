/**
 * A fixed random order of the channels, so that every channel is sometimes in the half that a coupling moves. It is drawn
 * as other initial values are and kept as a variable that nothing moves: a loaded model has the order it was trained with.
 */
import { onFirst } from '../../nn/index.js';
import type { Initialiser } from '../../tensor/index.js';
import { type FlowLayer, noChange } from './flow.js';

/** Ones where row i holds what goes to column j. */
const permutationMatrix: Initialiser = ([count], draws) => {
  const keys = draws.uniform(count);
  const order = Array.from(keys, (_, i) => i).sort((a, b) => keys[a] - keys[b]);
  const matrix = new Float32Array(count * count);
  order.forEach((from, to) => {
    matrix[from * count + to] = 1;
  });
  return matrix;
};

export const channelPermutation: FlowLayer = (scope) => {
  const order = onFirst((y) => {
    const channels = y.shape[y.rank - 1];
    return scope.variable('order', [channels, channels], permutationMatrix, { trainable: false });
  });
  return {
    forward: (y) => ({ z: y.matmul(order(y)), logDet: noChange(y) }),
    inverse: (z) => z.matmul(order(z).swapLastAxes()),
  };
};
