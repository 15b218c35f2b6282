/**
 * Dense classifiers of codes, and what they are trained with.
 *
 *   real(a) = −log σ(a) = softplus(−a)        fake(a) = −log (1 − σ(a)) = softplus(a)
 *
 * Logits only: a sigmoid before a logarithm has no gradient where the classifier is sure.
 */
import { flatten, type Layer, linear, type Network, type Scope, sequential } from '../nn/index.js';
import { leakyRelu, logSoftmax, oneHot, type Tensor } from '../tensor/index.js';

const leaky: Layer = () => (x) => leakyRelu(x, 0.2);

export interface DiscriminatorOptions {
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** @default leaky ReLU of slope 0.2 */
  readonly activation?: Layer;
  /** @default 1 */
  readonly outputs?: number;
}

/** Logits of a dense classifier of codes: [batch, ...code] → [batch], or [batch, outputs] where there are several. */
export function discriminator({
  hidden,
  activation = leaky,
  outputs = 1,
}: DiscriminatorOptions): (scope: Scope) => Network {
  const layers = hidden.flatMap((width) => [linear(width), activation]);
  return (scope) => {
    const network = sequential(flatten, ...layers, linear(outputs))(scope);
    return (x) => (outputs === 1 ? network(x).reshape([x.shape[0]]) : network(x));
  };
}

/** What logits pay for taking samples of the real kind for the other one, of the logits' shape. */
export function real(logits: Tensor): Tensor {
  return logits.neg().softplus();
}

/** What logits pay for taking samples of the other kind for real ones, of the logits' shape. */
export function fake(logits: Tensor): Tensor {
  return logits.softplus();
}

/**
 * −log softmax(logits)_y, [batch], nats.
 *
 * @param logits [batch, classes]
 * @param y      one class for all samples, or int32 [batch], with −1 where it is not known, which costs nothing
 */
export function crossEntropy(logits: Tensor, y: number | Tensor): Tensor {
  const logProbs = logSoftmax(logits);
  if (typeof y === 'number')
    return logProbs
      .sliceAlong(1, y, y + 1)
      .sum(1)
      .neg();
  return logProbs.mul(oneHot(y, logits.shape[1])).sum(1).neg();
}
