/** The choice of an architecture for a kind of data. */
import { type Layer, reshape, sequential } from '../../nn/index.js';
import { type Shape, show } from '../../tensor/index.js';
import { OptionError } from '../errors.js';
import type { NetworkOptions } from '../options.js';
import type { Architecture } from './architecture.js';
import { conv } from './conv.js';
import { mlp } from './mlp.js';
import { resnet } from './resnet.js';

export const architectures = { mlp, conv, resnet } as const;

/** From this side on, a picture has structure that convolutions use. */
const CONVOLUTIONAL_FROM = 16;

/** @throws OptionError if the architecture cannot take the data, or an option is given that it does not read */
export function chooseArchitecture(shape: Shape, options: NetworkOptions): Architecture {
  const isPicture = shape.length === 3 && Math.max(shape[0], shape[1]) >= CONVOLUTIONAL_FROM;
  const automatic = isPicture ? 'conv' : 'mlp';
  const architecture: Architecture =
    architectures[options.architecture === 'auto' ? automatic : options.architecture];
  if (!architecture.accepts(shape)) {
    throw new OptionError(
      'architecture',
      `${architecture.name} takes pictures, but samples have shape ${show(shape)}; use mlp`,
    );
  }
  const particular = ['hidden', 'channels', 'blocks'] as const;
  for (const name of particular) {
    if (options[name] !== undefined && !architecture.reads.includes(name)) {
      throw new OptionError(
        name,
        `has no effect with architecture ${architecture.name}; leave it out or choose another architecture`,
      );
    }
  }
  return architecture;
}

/** The user's own encoder, or the architecture's. */
export function encoderOf(shape: Shape, options: NetworkOptions): Layer {
  return options.encoder ?? chooseArchitecture(shape, options).encoder(shape, options);
}

/** The user's own decoder, brought into shape, or the architecture's. */
export function decoderOf(shape: Shape, options: NetworkOptions): Layer {
  if (options.decoder) return sequential(options.decoder, reshape(shape));
  return chooseArchitecture(shape, options).decoder(shape, options);
}

export type { Architecture } from './architecture.js';
