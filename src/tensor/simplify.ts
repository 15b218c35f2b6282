/**
 * The identities that are applied while a graph is built, so that gradients come out as one would write them:
 * x·1, x + 0, −(−x), moves that move nothing, and arithmetic between numbers that are known.
 */
import type { AttributesOf, OpName } from './ops/index.js';
import type { Signature } from './ops/rule.js';
import { broadcastShapes, sameShape } from './shape.js';
import type { Tensor } from './tensor.js';

/** The one number that a float tensor is filled with, where that is known. */
function filling(x: Tensor): number | undefined {
  let source = x;
  while (source.is('broadcastTo') || source.is('reshape')) source = source.inputs[0];
  return source.is('constant') && source.size === 1 && x.dtype === 'float32'
    ? source.attributes.data[0]
    : undefined;
}

const elementwise: ReadonlySet<OpName> = new Set([
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'max',
  'min',
  'equal',
  'less',
  'lessEqual',
  'where',
]);

/** Elementwise operations broadcast by themselves: an operand need not be stretched if another one has the length. */
export function withoutBroadcasts(op: OpName, inputs: readonly Tensor[]): readonly Tensor[] {
  if (!elementwise.has(op) || !inputs.some((x) => x.is('broadcastTo'))) return inputs;
  const shape = broadcastShapes(op, ...inputs.map((x) => x.shape));
  const kept = [...inputs];
  inputs.forEach((x, i) => {
    if (!x.is('broadcastTo')) return;
    const others = kept.map((y, j) => (i === j ? x.inputs[0].shape : y.shape));
    if (sameShape(broadcastShapes(op, ...others), shape)) kept[i] = x.inputs[0];
  });
  return kept;
}

const functions: Partial<Record<OpName, (x: number) => number>> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
};

const arithmetic: Partial<Record<OpName, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

const isIdentity = (list: readonly number[], identity: number | undefined) =>
  list.every((value, index) => value === (identity ?? index));

/**
 * What stands for the node about to be made: another tensor, the number that it is filled with, or `undefined` when
 * there is nothing simpler.
 */
export function simplify<K extends OpName>(
  op: K,
  inputs: readonly Tensor[],
  attributes: AttributesOf<K>,
  { shape, dtype }: Signature,
): Tensor | number | undefined {
  const [a, b] = inputs;
  const same = (x: Tensor) => (sameShape(x.shape, shape) && x.dtype === dtype ? x : undefined);
  const name: OpName = op;
  switch (name) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div': {
      const [x, y] = [filling(a), filling(b)];
      if (x !== undefined && y !== undefined) return arithmetic[name]?.(x, y);
      const neutral = name === 'add' || name === 'sub' ? 0 : 1;
      if (y === neutral) return same(a);
      return x === neutral && (name === 'add' || name === 'mul') ? same(b) : undefined;
    }
    case 'neg':
    case 'exp':
    case 'log':
    case 'sqrt': {
      const value = filling(a);
      if (value !== undefined) return functions[name]?.(value);
      if (a.is('broadcastTo')) return a.inputs[0][name]().broadcastTo(shape);
      return name === 'neg' && a.is('neg') ? a.inputs[0] : undefined;
    }
    case 'reshape':
      return same(a) ?? filling(a) ?? (a.is('reshape') ? a.inputs[0].reshape(shape) : undefined);
    case 'broadcastTo':
      if (a.is('broadcastTo')) return a.inputs[0].broadcastTo(shape);
      return same(a) ?? (a.rank > 0 ? filling(a) : undefined);
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
