/** Weight normalisation: weights as a direction times a learned length per filter (Salimans & Kingma 2016, arXiv:1602.07868). */
import { type Initialiser, type Shape, sizeOf, type Tensor, type Variable } from '../tensor/index.js';
import type { Scope } from './scope.js';

/** Keeps the direction of a filter of zeros finite. */
const EPSILON = 1e-12;

/**
 * w_j = e^g_j v_j / ‖v_j‖ for every filter j, the weight's last axis. The logarithms of the lengths, `logNorm`, are
 * variables of the scope and begin where the weight's initialiser puts the lengths.
 *
 * @param weight v, [...kernel, channels, filters]
 */
export function weightNorm(weight: Variable, scope: Scope): Tensor {
  const filters = weight.shape[weight.rank - 1];
  const logNorm = scope.variable('logNorm', [filters], typicalLogNorm(weight.shape, weight.initialiser));
  return withNorms(weight, logNorm);
}

/** e^g v / ‖v‖, filter by filter. */
export function withNorms(weight: Tensor, logNorm: Tensor): Tensor {
  const axes = weight.shape.map((_, axis) => axis).slice(0, -1);
  const norm = weight.square().sum(axes, { keepDims: true }).add(EPSILON).sqrt();
  return weight.div(norm).mul(logNorm.exp());
}

/** log √(mean ‖v_j‖²) of a draw of the weight's initialiser. */
function typicalLogNorm(weight: Shape, initialiser: Initialiser): Initialiser {
  return (shape, draws) => {
    const values = Float64Array.from(initialiser(weight, draws));
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    return new Float32Array(sizeOf(shape)).fill(0.5 * Math.log(squares / sizeOf(shape)));
  };
}
