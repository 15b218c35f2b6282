/** Uniform draws of indices out of standard normal noise. */
import { randomNormal, type Shape, type Tensor } from '../tensor/index.js';

/** Φ(g), uniform in [0, 1] for a standard normal g. */
export function uniformNoise(g: Tensor): Tensor {
  return g.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
}

/**
 * ⌊K Φ(g)⌋ for standard normal g, int32 of the given shape.
 *
 * @param sizes K, or K of each place of the last axis, float32
 */
export function uniformIndices(stream: string, shape: Shape, sizes: number | Tensor): Tensor {
  return indicesOf(randomNormal(stream, shape), sizes);
}

/** The same of noise that is there already. */
export function indicesOf(g: Tensor, sizes: number | Tensor): Tensor {
  const last = typeof sizes === 'number' ? sizes - 1 : sizes.sub(1);
  return uniformNoise(g).mul(sizes).floor().min(last).cast('int32');
}
