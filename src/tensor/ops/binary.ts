/** Elementwise functions of two tensors, broadcast against each other, and the choice between two. */
import type { DType } from '../dtype.js';
import { broadcastShapes } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type None, type Rule, requireDType, requireSameDType, sumToShape } from './rule.js';

type Partials = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor];

function arithmetic(name: string, partials: Partials, wholeNumbers = true): Rule<None> {
  return {
    infer([a, b]) {
      requireSameDType(name, a, b);
      if (wholeNumbers) requireDType(name, a, 'float32', 'int32');
      else requireDType(name, a, 'float32');
      return { shape: broadcastShapes(name, a.shape, b.shape), dtype: a.dtype };
    },
    gradient(y, g) {
      const [a, b] = y.inputs;
      const [ga, gb] = partials(g, a, b, y);
      return [sumToShape(ga, a.shape), sumToShape(gb, b.shape)];
    },
  };
}

const NUMBERS: readonly DType[] = ['float32', 'int32', 'uint8'];

function comparison(name: string, allowed = NUMBERS): Rule<None> {
  return {
    infer([a, b]) {
      requireSameDType(name, a, b);
      requireDType(name, a, ...allowed);
      return { shape: broadcastShapes(name, a.shape, b.shape), dtype: 'bool' };
    },
  };
}

export const add = arithmetic('add', (g) => [g, g]);
export const sub = arithmetic('sub', (g) => [g, g.neg()]);
export const mul = arithmetic('mul', (g, a, b) => [g.mul(b), g.mul(a)]);
export const div = arithmetic('div', (g, _, b, y) => [g.div(b), g.mul(y).div(b).neg()], false);
/** aᵇ for a > 0. */
export const pow = arithmetic(
  'pow',
  (g, a, b, y) => [g.mul(b).mul(a.pow(b.sub(1))), g.mul(y).mul(a.log())],
  false,
);
/** At a tie the gradient goes to the second operand whole, so that relu′(0) = 0 for max(x, 0). */
export const max = arithmetic('max', (g, a, b) => [a.greater(b).where(g, 0), a.greater(b).where(0, g)]);
/** At a tie the gradient goes to the second operand whole, as for `max`. */
export const min = arithmetic('min', (g, a, b) => [a.less(b).where(g, 0), a.less(b).where(0, g)]);

export const equal = comparison('equal', [...NUMBERS, 'bool']);
export const less = comparison('less');
export const lessEqual = comparison('lessEqual');

/** Elementwise `condition ? a : b`. */
export const where: Rule<None> = {
  infer([condition, a, b]) {
    requireDType('where', condition, 'bool');
    requireSameDType('where', a, b);
    return { shape: broadcastShapes('where', condition.shape, a.shape, b.shape), dtype: a.dtype };
  },
  gradient(y, g) {
    const [condition, a, b] = y.inputs;
    return [
      undefined,
      sumToShape(condition.where(g, 0), a.shape),
      sumToShape(condition.where(0, g), b.shape),
    ];
  },
};
