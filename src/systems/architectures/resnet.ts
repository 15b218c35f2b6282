/**
 * Residual blocks at every level of a convolutional pyramid. Blocks are activation first: He et al. 2016 "Identity
 * mappings in deep residual networks" (arXiv:1603.05027).
 */
import {
  conv as convolution,
  flatten,
  heUniform,
  type Layer,
  linear,
  reshape,
  residual,
  sequential,
  transposedConv,
} from '../../nn/index.js';
import { type Initialiser, sizeOf } from '../../tensor/index.js';
import type { NetworkOptions } from '../options.js';
import { type Architecture, afterHidden, hasBias } from './architecture.js';
import { HEAD, joinChannels } from './conv.js';
import { dense } from './mlp.js';
import { pyramid } from './pyramid.js';

const DEFAULT_BLOCKS = 1;

/** A tenth of heUniform: with it as the last convolution's weight, a new block is nearly the identity. */
const small: Initialiser = (shape, draws) =>
  Float32Array.from(heUniform(shape, draws), (value) => 0.1 * value);

/** Residual blocks that keep the shape. */
function blocks(channels: number, options: NetworkOptions): Layer[] {
  const conv3 = { filters: channels, kernel: 3, bias: hasBias(options) };
  const block = residual(
    sequential(
      ...afterHidden(options),
      convolution({ ...conv3, weight: heUniform }),
      ...afterHidden(options),
      convolution({ ...conv3, weight: small }),
    ),
  );
  return new Array(options.blocks ?? DEFAULT_BLOCKS).fill(block);
}

export const resnet: Architecture = {
  name: 'resnet',
  reads: ['channels', 'blocks', 'hidden'],
  accepts: (shape) => shape.length === 3,
  encoder: (shape, options) => {
    const down = pyramid(shape, options).channels.flatMap((filters) => [
      convolution({ filters, kernel: 3, stride: 2, bias: hasBias(options), weight: heUniform }),
      ...blocks(filters, options),
    ]);
    const head = dense(options.hidden ?? HEAD, options, heUniform);
    return sequential(...down, ...afterHidden(options), flatten, ...head);
  },
  decoder: (shape, options) => {
    const { channels, sizes, bottom } = pyramid(shape, options);
    const head = dense([...(options.hidden ?? HEAD)].reverse(), options, heUniform);
    const up = channels.map((filters, level): Layer[] => {
      const next = channels[Math.max(0, level - 1)];
      const grow = transposedConv({
        filters: next,
        kernel: 4,
        stride: 2,
        space: sizes[level],
        bias: hasBias(options),
        weight: heUniform,
      });
      return [...blocks(filters, options), grow];
    });
    const last = convolution({ filters: shape[2], kernel: 3 });
    return sequential(
      ...head,
      linear(sizeOf(bottom)),
      reshape(bottom),
      ...up.reverse().flat(),
      ...afterHidden(options),
      last,
    );
  },
  join: joinChannels,
};
