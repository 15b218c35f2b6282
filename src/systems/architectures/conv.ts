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
import { concat, type Shape, type Tensor } from '../../tensor/index.js';
import type { NetworkOptions } from '../options.js';
import { type Architecture, afterHidden } from './architecture.js';
import { dense } from './mlp.js';

/** Levels stop halving here. */
const SMALLEST_SIDE = 4;
const KERNEL = 4;
const DEFAULT_HIDDEN = [256];

/** Height and width at every level, from the picture's own. */
export function levelSizes([height, width]: Shape, channels: readonly number[]): Shape[] {
  return channels.reduce<Shape[]>(
    (sizes, _) => [...sizes, sizes[sizes.length - 1].map((n) => Math.ceil(n / 2))],
    [[height, width]],
  );
}

/** 32, 32, 64, 64 … as many as it takes to come down to the smallest side. */
export function levelChannels([height, width]: Shape, { channels }: NetworkOptions): readonly number[] {
  if (channels) return channels;
  const levels = Math.max(1, Math.ceil(Math.log2(Math.max(height, width) / SMALLEST_SIDE)));
  return Array.from({ length: levels }, (_, level) => (level < 2 ? 32 : level < 5 ? 64 : 128));
}

/** Condition planes beside the channels, the same at every position. */
export function joinChannels(x: Tensor, condition: Tensor): Tensor {
  const [batch, height, width] = x.shape;
  const classes = condition.shape[1];
  const planes = condition.reshape([batch, 1, 1, classes]).broadcastTo([batch, height, width, classes]);
  return concat([x, planes]);
}

export const conv: Architecture = {
  name: 'conv',
  reads: ['channels', 'hidden'],
  accepts: (shape) => shape.length === 3,
  encoder: (shape, options) => {
    const levels = levelChannels(shape, options).flatMap((filters) => [
      convolution({ filters, kernel: KERNEL, stride: 2, weight: heUniform }),
      ...afterHidden(options),
    ]);
    return sequential(...levels, flatten, ...dense(options.hidden ?? DEFAULT_HIDDEN, options, heUniform));
  },
  decoder: (shape, options) => {
    const channels = levelChannels(shape, options);
    const sizes = levelSizes(shape, channels);
    const bottom = [...sizes[channels.length], channels[channels.length - 1]];
    const hidden = [...(options.hidden ?? DEFAULT_HIDDEN)].reverse();
    const up = (level: number): Layer[] => {
      const last = level === 0;
      const filters = last ? shape[2] : channels[level - 1];
      const layer = transposedConv({
        filters,
        kernel: KERNEL,
        stride: 2,
        space: sizes[level],
        weight: last ? undefined : heUniform,
      });
      return last ? [layer] : [layer, ...afterHidden(options)];
    };
    const levels = channels.map((_, i) => channels.length - 1 - i).flatMap(up);
    const size = bottom.reduce((product, length) => product * length, 1);
    return sequential(...dense([...hidden, size], options, heUniform), reshape(bottom), ...levels);
  },
  join: joinChannels,
};
