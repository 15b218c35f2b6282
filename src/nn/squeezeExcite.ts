/** Squeeze and excitation: every channel is scaled by what all channels together hold (Hu et al. 2018, arXiv:1709.01507). */
import { ShapeError, show } from '../tensor/index.js';
import { activations, type Layer, onFirst, sequential } from './layer.js';
import { linear } from './linear.js';

/** Channels per unit of the bottleneck, and the fewest units. */
const REDUCTION = 16;
const FEWEST = 4;

/**
 * x · sigmoid(W₂ relu(W₁ mean(x))), the mean over all positions, one factor per channel; [batch, ...space, channels].
 *
 * @throws ShapeError if there is no spatial axis
 */
export const squeezeExcite: Layer = (scope) => {
  const gate = onFirst((x) => {
    const channels = x.shape[x.rank - 1];
    const width = Math.max(FEWEST, Math.floor(channels / REDUCTION));
    return sequential(linear(width), activations.relu, linear(channels), activations.sigmoid)(scope);
  });
  return (x) => {
    if (x.rank < 3)
      throw new ShapeError(
        'squeezeExcite',
        `x has shape ${show(x.shape)}; wanted [batch, ...space, channels]`,
      );
    const positions = x.shape.map((_, axis) => axis).slice(1, -1);
    const factors = gate(x)(x.mean(positions));
    return x.mul(factors.reshape([x.shape[0], ...positions.map(() => 1), x.shape[x.rank - 1]]));
  };
};
