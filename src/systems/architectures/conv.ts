/**
 * Strided convolutions down to a few positions, then dense layers; the decoder is the mirror image, with the same sizes
 * on the way up, so any height and width comes out as it went in.
 */
import {
  conv as convolution,
  flatten,
  heUniform,
  type Layer,
  reshape,
  sequential,
  transposedConv,
} from '../../nn/index.js';
import { concat, sizeOf, type Tensor } from '../../tensor/index.js';
import { type Architecture, afterHidden, hasBias } from './architecture.js';
import { dense } from './mlp.js';
import { pyramid } from './pyramid.js';

const KERNEL = 4;
/** Widths of the dense layers between the last level and the code. */
export const HEAD = [256];

/** Condition planes beside the channels, the same at every position. */
export function joinChannels(x: Tensor, condition: Tensor): Tensor {
  const [batch, height, width] = x.shape;
  const length = condition.shape[1];
  const planes = condition.reshape([batch, 1, 1, length]).broadcastTo([batch, height, width, length]);
  return concat([x, planes]);
}

export const conv: Architecture = {
  name: 'conv',
  reads: ['channels', 'hidden'],
  accepts: (shape) => shape.length === 3,
  encoder: (shape, options) => {
    const down = pyramid(shape, options).channels.flatMap((filters) => [
      convolution({ filters, kernel: KERNEL, stride: 2, bias: hasBias(options), weight: heUniform }),
      ...afterHidden(options),
    ]);
    return sequential(...down, flatten, ...dense(options.hidden ?? HEAD, options, heUniform));
  },
  decoder: (shape, options) => {
    const { channels, sizes, bottom } = pyramid(shape, options);
    const widths = [...(options.hidden ?? HEAD)].reverse();
    const up = channels.map((_, level): Layer[] => {
      const window = { kernel: KERNEL, stride: 2, space: sizes[level] };
      if (level === 0) return [transposedConv({ ...window, filters: shape[2] })];
      const filters = channels[level - 1];
      const layer = transposedConv({ ...window, filters, bias: hasBias(options), weight: heUniform });
      return [layer, ...afterHidden(options)];
    });
    const head = dense([...widths, sizeOf(bottom)], options, heUniform);
    return sequential(...head, reshape(bottom), ...up.reverse().flat());
  },
  join: joinChannels,
};
