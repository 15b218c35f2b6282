/**
 * The identities that are applied while a graph is built, so that gradients come out as one would write them:
 * x·1, x + 0, −(−x), moves that move nothing, and arithmetic between scalar constants.
 */
import type { AttributesOf, OpName } from './ops/index.js';
import type { Signature } from './ops/rule.js';
import { sameShape } from './shape.js';
import type { Tensor } from './tensor.js';

/** Value of a scalar float constant. */
function scalar(x: Tensor): number | undefined {
  return x.is('constant') && x.rank === 0 && x.dtype === 'float32' ? x.attributes.data[0] : undefined;
}

const arithmetic: Partial<Record<OpName, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

const isIdentity = (list: readonly number[], identity: number | undefined) =>
  list.every((value, index) => value === (identity ?? index));

/**
 * What stands for the node about to be made: a tensor that exists already, the value of a scalar constant, or
 * `undefined` when there is nothing simpler.
 */
export function simplify<K extends OpName>(
  op: K,
  inputs: readonly Tensor[],
  attributes: AttributesOf<K>,
  { shape, dtype }: Signature,
): Tensor | number | undefined {
  const [a, b] = inputs;
  const same = (x: Tensor) => (sameShape(x.shape, shape) && x.dtype === dtype ? x : undefined);
  switch (op as OpName) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div': {
      const [x, y] = [scalar(a), scalar(b)];
      if (x !== undefined && y !== undefined) return arithmetic[op]?.(x, y);
      const neutral = op === 'add' || op === 'sub' ? 0 : 1;
      if (y === neutral) return same(a);
      return x === neutral && (op === 'add' || op === 'mul') ? same(b) : undefined;
    }
    case 'neg': {
      const value = scalar(a);
      if (value !== undefined) return -value;
      return a.is('neg') ? a.inputs[0] : undefined;
    }
    case 'reshape':
      return same(a) ?? (a.is('reshape') ? a.inputs[0].reshape(shape) : undefined);
    case 'broadcastTo':
    case 'cast':
      return same(a);
    case 'reduceSum':
    case 'reduceMax': {
      const { axes } = attributes as AttributesOf<'reduceSum'>;
      return axes.every((axis) => a.shape[axis] === 1) ? a.reshape(shape) : undefined;
    }
    case 'transpose': {
      const { permutation } = attributes as AttributesOf<'transpose'>;
      if (isIdentity(permutation, undefined)) return a;
      if (!a.is('transpose')) return undefined;
      const inner = a.attributes.permutation;
      return a.inputs[0].transpose(permutation.map((axis) => inner[axis]));
    }
    case 'slice':
      return isIdentity((attributes as AttributesOf<'slice'>).steps, 1) ? same(a) : undefined;
    case 'pad':
      return same(a);
    case 'concat':
      return inputs.length === 1 ? a : undefined;
    default:
      return undefined;
  }
}
