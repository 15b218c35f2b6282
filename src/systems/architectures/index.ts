/** Encoder and decoder for a kind of data: the user's own, or those of an architecture. */
import type { Layer } from '../../nn/index.js';
import { concat, type Shape, show, sizeOf, type Tensor } from '../../tensor/index.js';
import type { DataDescription } from '../description.js';
import { OptionError } from '../errors.js';
import { seeingHoles } from '../holes.js';
import { type NetworkOptions, networkOptions } from '../options.js';
import { type Architecture, PARTICULAR } from './architecture.js';
import { conv, joinChannels } from './conv.js';
import { mlp } from './mlp.js';
import { resnet } from './resnet.js';

const architectures = { mlp, conv, resnet } as const;

/** From this side on, a picture has structure that convolutions use. */
const CONVOLUTIONAL_FROM = 16;

export interface NetworkLayers {
  /** [batch, ...sample] → [batch, features]. */
  readonly encoder: Layer;
  /** [batch, code] → [batch, ...output]. */
  readonly decoder: Layer;
  /** Samples for the encoder with a condition [batch, n] joined to each. */
  join(x: Tensor, condition: Tensor): Tensor;
}

/** Of data, what an encoder depends on. */
export type Encoded = Pick<DataDescription, 'shape' | 'holes'>;

/**
 * @param output shape of what the decoder gives for a code
 * @throws OptionError if the architecture cannot take the data, or an option is given that nothing reads
 */
export function networksFor(
  { shape, holes }: Encoded,
  output: Shape,
  options: NetworkOptions,
): NetworkLayers {
  const { encoder, ...networks } = wholeNetworks(shape, output, options);
  return { ...networks, encoder: holes ? seeingHoles(encoder) : encoder };
}

function wholeNetworks(sample: Shape, output: Shape, options: NetworkOptions): NetworkLayers {
  const { encoder, decoder } = options;
  if (encoder && decoder) {
    refuseUnreadOptions(options);
    return { encoder: ownEncoder(encoder), decoder: ownDecoder(decoder, output), join: joinToOwn };
  }
  const architecture = chooseArchitecture(sample, options);
  return {
    encoder: encoder ? ownEncoder(encoder) : architecture.encoder(sample, options),
    decoder: decoder ? ownDecoder(decoder, output) : architecture.decoder(output, options),
    join: encoder ? joinToOwn : architecture.join,
  };
}

/** @throws OptionError as `networksFor` */
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
  for (const name of PARTICULAR) {
    if (options[name] !== undefined && !architecture.reads.includes(name)) {
      throw new OptionError(
        name,
        `has no effect with architecture ${architecture.name}; leave it out or choose another architecture`,
      );
    }
  }
  return architecture;
}

function refuseUnreadOptions(options: NetworkOptions): void {
  const usual = networkOptions.parse({});
  for (const name of networkOptions.keyof().exclude(['latent', 'encoder', 'decoder']).options) {
    if (options[name] !== usual[name]) {
      throw new OptionError(name, 'has no effect beside an encoder and a decoder of your own; leave it out');
    }
  }
}

function ownEncoder(layer: Layer): Layer {
  return (scope) => {
    const network = layer(scope);
    return (x) => {
      const features = network(x);
      if (features.rank > 0 && features.shape[0] === x.shape[0]) return features.flatten();
      const change = `turns samples ${show(x.shape)} into ${show(features.shape)}`;
      throw new OptionError('encoder', `${change}; the first axis is the batch and must stay as it is`);
    };
  };
}

function ownDecoder(layer: Layer, output: Shape): Layer {
  return (scope) => {
    const network = layer(scope);
    return (code) => {
      const y = network(code);
      const wanted = [code.shape[0], ...output];
      if (y.rank > 0 && y.shape[0] === code.shape[0] && y.size === sizeOf(wanted)) return y.reshape(wanted);
      const change = `turns codes ${show(code.shape)} into ${show(y.shape)}`;
      throw new OptionError('decoder', `${change}, but the likelihood takes ${show(wanted)}`);
    };
  };
}

function joinToOwn(x: Tensor, condition: Tensor): Tensor {
  return x.rank === 4 ? joinChannels(x, condition) : concat([x, condition]);
}
