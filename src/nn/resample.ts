/** Changes of resolution that have no weights. */
import { concat, ShapeError, show, stack, type Tensor } from '../tensor/index.js';

/**
 * Twice the positions along each spatial axis, [batch, ...space, channels], each a mean of its nearest neighbours with
 * weights ¾ and ¼ along every axis: linear interpolation between the centres of pixels, constant beyond the outer ones.
 *
 * @throws ShapeError if there is no spatial axis
 */
export function upsampleLinear(x: Tensor): Tensor {
  if (x.rank < 3)
    throw new ShapeError(
      'upsampleLinear',
      `x has shape ${show(x.shape)}; wanted [batch, ...space, channels]`,
    );
  const axes = x.shape.map((_, axis) => axis).slice(1, -1);
  return axes.reduce(doubled, x);
}

function doubled(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis];
  const [first, last] = [x.sliceAlong(axis, 0, 1), x.sliceAlong(axis, length - 1, length)];
  const before = concat([first, x.sliceAlong(axis, 0, length - 1)], axis);
  const after = concat([x.sliceAlong(axis, 1, length), last], axis);
  const near = x.mul(0.75);
  const pairs = stack([near.add(before.mul(0.25)), near.add(after.mul(0.25))], axis + 1);
  return pairs.reshape(x.shape.with(axis, 2 * length));
}
