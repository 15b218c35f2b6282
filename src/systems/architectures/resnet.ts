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
import type { NetworkOptions } from '../options.js';
import { type Architecture, afterHidden } from './architecture.js';
import { joinChannels, levelChannels, levelSizes } from './conv.js';
import { dense } from './mlp.js';

const DEFAULT_BLOCKS = 1;
const DEFAULT_HIDDEN = [256];

/** Keeps the shape. The last convolution starts small, so that a new block is nearly the identity. */
function block(channels: number, options: NetworkOptions): Layer {
  const conv3 = (weight = heUniform) => convolution({ filters: channels, kernel: 3, weight });
  const small: typeof heUniform = (shape, draws) =>
    Float32Array.from(heUniform(shape, draws), (value) => 0.1 * value);
  return residual(sequential(...afterHidden(options), conv3(), ...afterHidden(options), conv3(small)));
}

function blocks(channels: number, options: NetworkOptions): Layer[] {
  return Array.from({ length: options.blocks ?? DEFAULT_BLOCKS }, () => block(channels, options));
}

export const resnet: Architecture = {
  name: 'resnet',
  reads: ['channels', 'blocks', 'hidden'],
  accepts: (shape) => shape.length === 3,
  encoder: (shape, options) => {
    const levels = levelChannels(shape, options).flatMap((filters) => [
      convolution({ filters, kernel: 3, stride: 2, weight: heUniform }),
      ...blocks(filters, options),
    ]);
    const head = dense(options.hidden ?? DEFAULT_HIDDEN, options, heUniform);
    return sequential(...levels, ...afterHidden(options), flatten, ...head);
  },
  decoder: (shape, options) => {
    const channels = levelChannels(shape, options);
    const sizes = levelSizes(shape, channels);
    const bottom = [...sizes[channels.length], channels[channels.length - 1]];
    const size = bottom.reduce((product, length) => product * length, 1);
    const head = dense([...(options.hidden ?? DEFAULT_HIDDEN)].reverse(), options, heUniform);
    const levels = channels
      .map((_, i) => channels.length - 1 - i)
      .flatMap((level) => {
        const filters = level === 0 ? channels[0] : channels[level - 1];
        const up = transposedConv({ filters, kernel: 4, stride: 2, space: sizes[level], weight: heUniform });
        return [...blocks(channels[level], options), up];
      });
    const last = convolution({ filters: shape[2], kernel: 3 });
    return sequential(...head, linear(size), reshape(bottom), ...levels, ...afterHidden(options), last);
  },
  join: joinChannels,
};
