/** What every distribution answers. */
import { type Shape, ShapeError, sameShape, show, type Tensor } from '../tensor/index.js';

export interface DrawOptions {
  /**
   * Name of the random stream. Two draws of one shape from one stream are the same draw: give a second, independent
   * one a name of its own. @default 'posterior'
   */
  stream?: string;
  /** With a number, that many draws along a new leading axis; without, one draw and no such axis. */
  draws?: number;
  /** Factor of the deviations, where the distribution takes one. @default 1 */
  temperature?: number;
}

/**
 * A distribution over tensors [...batch, ...event]. `logProb` sums over the event, the last `eventRank` axes; axes in
 * front of the batch, such as those of several draws, broadcast.
 */
export interface Distribution {
  readonly eventRank: number;
  readonly mean: Tensor;
  /** log p(x), nats, [...batch]. */
  logProb(x: Tensor): Tensor;
  /** −log p(x), nats, [...batch]. */
  nll(x: Tensor): Tensor;
  /** A draw through which no gradient flows. */
  sample(options?: DrawOptions): Tensor;
  /** KL(self ‖ p), nats, [...batch], where this family has a closed form against p's. */
  klTo?(p: object): Tensor | undefined;
}

/** A distribution whose draws are a smooth function of its parameters and of noise. */
export interface Reparameterised extends Distribution {
  /** A draw through which gradients reach the parameters. */
  rsample(options?: DrawOptions): Tensor;
}

/** @throws ShapeError if x does not end in the event's axes; broadcasting there would hide a [batch, 1] mistake */
export function requireEvent(distribution: string, parameters: Shape, x: Tensor, eventRank: number): void {
  const event = (shape: Shape) => shape.slice(shape.length - eventRank);
  if (x.rank < eventRank || !sameShape(event(x.shape), event(parameters))) {
    throw new ShapeError(
      distribution,
      `shape ${show(x.shape)} does not end in the event's shape ${show(event(parameters))}`,
    );
  }
}

/** Sums over the last `eventRank` axes. */
export function sumEvent(x: Tensor, eventRank: number): Tensor {
  return x.sum(x.shape.map((_, axis) => axis).slice(x.rank - eventRank));
}
