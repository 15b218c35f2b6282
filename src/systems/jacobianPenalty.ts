/**
 * ‖J‖_F² of a code c(x), J = ∂c/∂x, for every sample by itself: what a contractive autoencoder pays for.
 *
 *   analytic     Σ_j a′(c_j)² Σ_i W_ij², for one dense layer c = a(x W + b)
 *   exact        Σ_j ‖Jᵀ e_j‖² over the code's coordinates, or Σ_i ‖J e_i‖² over the sample's, whichever are fewer
 *   hutchinson   ‖Jᵀ v‖² or ‖J u‖² for random v or u with E[v vᵀ] = I, on the side with fewer coordinates; unbiased
 *   finite       ‖c(x + σε) − c(x)‖² / σ², ε ~ N(0, I), with a bias of O(σ²)
 *
 * One backward pass from Σ_j c_j would be ‖Σ_j ∂c_j/∂x‖² and not the Frobenius norm.
 *
 * Source: Rifai et al., ICML 2011; probes: Hutchinson, Communications in Statistics 19, 1990.
 */
import {
  iota,
  oneHot,
  randomNormal,
  randomUniform,
  type Shape,
  sizeOf,
  type Tensor,
  vjp,
} from '../tensor/index.js';

type Encode = (x: Tensor) => Tensor;

/** a′ squared, from what the activation a gives. */
export const squaredSlopes = {
  sigmoid: (c: Tensor) => c.mul(c.neg().add(1)).square(),
  tanh: (c: Tensor) => c.square().neg().add(1).square(),
  relu: (c: Tensor) => c.greater(0).cast('float32'),
  identity: (c: Tensor) => c.mul(0).add(1),
};

/**
 * @param code [batch, units], a(x W + b)
 * @param filters the columns of W, [units, ...event]
 * @returns [batch]
 */
export function analyticSquare(code: Tensor, filters: Tensor, slope: (c: Tensor) => Tensor): Tensor {
  return slope(code).mul(filters.square().sumOverEvent()).sum(1);
}

/**
 * Runs the encoder on min(units, D) copies of the batch, one for each direction.
 *
 * @param x [batch, ...event]
 * @returns [batch]
 */
export function exactSquare(encode: Encode, x: Tensor, units: number): Tensor {
  const [batch, ...event] = x.shape;
  const count = Math.min(units, sizeOf(event));
  const copies = asInput(
    x
      .expandDims(0)
      .broadcastTo([count, ...x.shape])
      .reshape([count * batch, ...event]),
  );
  const directions = oneHot(iota([count, batch], 0).reshape([count * batch]), count);
  return squareAlong(encode(copies), copies, directions).reshape([count, batch]).sum(0);
}

/**
 * x as a node that stays one. Derivatives are with respect to nodes, and a reshape, say, is merged with the next one:
 * the code would be a function of what x was made of, and its derivative with respect to x zero.
 */
export const asInput = (x: Tensor): Tensor => x.stopGradient();

export type Probe = 'rademacher' | 'gaussian';

/**
 * Mean over `probes` draws of ‖Jᵀ v‖² or ‖J u‖².
 *
 * @param code [batch, units], computed from `x`
 * @param x [batch, ...event], as `asInput` gives it
 * @returns [batch]
 */
export function hutchinsonSquare(code: Tensor, x: Tensor, probes: number, probe: Probe): Tensor {
  const width = Math.min(code.shape[1], sizeOf(x.shape.slice(1)));
  const draws = Array.from({ length: probes }, (_, i) =>
    squareAlong(code, x, probeOf(probe, `jacobian ${i}`, [x.shape[0], width])),
  );
  return draws.reduce((sum, draw) => sum.add(draw)).mul(1 / probes);
}

/** ‖c(x + σε) − c(x)‖² / σ², [batch]. */
export function finiteSquare(encode: Encode, x: Tensor, deviation: number): Tensor {
  const moved = x.add(randomNormal('jacobian', x.shape).mul(deviation));
  return encode(moved)
    .sub(encode(x))
    .square()
    .sumOverEvent()
    .mul(1 / deviation ** 2);
}

/**
 * ‖Jᵀ v‖² for directions [batch, units] of the code, ‖J u‖² for directions [batch, D] of the sample; the code's where
 * the widths are equal.
 */
function squareAlong(code: Tensor, x: Tensor, directions: Tensor): Tensor {
  const moved =
    directions.shape[1] === code.shape[1]
      ? vjp([code], [x], [directions])[0]
      : jacobianTimes(code, x, directions.reshape(x.shape));
  return moved.square().sumOverEvent();
}

/** J u. The product vᵀ J is linear in v, so its derivative in the direction u is J u at any v whatever. */
function jacobianTimes(code: Tensor, x: Tensor, direction: Tensor): Tensor {
  const v = code.stopGradient();
  const [product] = vjp([code], [x], [v]);
  return vjp([product], [v], [direction])[0];
}

/** Numbers of mean 0 and covariance I. */
function probeOf(probe: Probe, stream: string, shape: Shape): Tensor {
  if (probe === 'gaussian') return randomNormal(stream, shape);
  return randomUniform(stream, shape).less(0.5).cast('float32').mul(2).sub(1);
}
