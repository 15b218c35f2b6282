/**
 * The parts that all deterministic autoencoders share: an encoder, a decoder, and what a reconstruction costs,
 *
 *   mse        (x_i − x̂_i)², no ½
 *   bernoulli  softplus(ℓ_i) − x_i ℓ_i, cross-entropy from logits
 *   l1         |x_i − x̂_i|
 *
 * for every number of a sample, not summed, so that a system may weigh them.
 */
import { z } from 'zod';
import { pictureOf } from '../data/index.js';
import { activations, linear, type Network, type Scope } from '../nn/index.js';
import type { Tensor } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import { tiedMlp } from './architectures/tied.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { costOfObserved } from './holes.js';
import { activationName, defaultLatent, networkOptions } from './options.js';
import { type Moves, only } from './phases.js';

export const autoencoderOptions = networkOptions.extend({
  cost: z.enum(['mse', 'bernoulli', 'l1']).default('mse').describe('what a reconstruction costs'),
  tied: z
    .boolean()
    .default(false)
    .describe('decode with the transposes of the encoder’s dense layers (mlp only)'),
  codeActivation: activationName().default('identity').describe('activation of the code'),
});

export type AutoencoderOptions = z.output<typeof autoencoderOptions>;
export type CostName = AutoencoderOptions['cost'];

interface Cost {
  /** From the decoder's output and the sample, for every number of it, [batch, ...event]. */
  of(output: Tensor, x: Tensor): Tensor;
  /** The reconstruction that the decoder's output stands for. */
  mean(output: Tensor): Tensor;
}

export const costs: Record<CostName, Cost> = {
  mse: { of: (output, x) => x.sub(output).square(), mean: (output) => output },
  bernoulli: {
    of: (logits, x) => logits.softplus().sub(x.mul(logits)),
    mean: (logits) => logits.sigmoid(),
  },
  l1: { of: (output, x) => x.sub(output).abs(), mean: (output) => output },
};

/** @throws OptionError if the data's values do not lie where the cost wants them */
export function requireCost(cost: CostName, { spec }: DataDescription): void {
  if (cost === 'bernoulli' && !pictureOf(spec))
    throw new OptionError('cost', 'bernoulli is for pictures, whose values lie in [0, 1]; use mse or l1');
}

export interface Autoencoder {
  readonly latent: number;
  /** What the encoder sees in samples before the layer of the code, [batch, features]; where layers are tied, the code. */
  features(x: Tensor): Tensor;
  /** Samples → codes, [batch, latent]. */
  encode(x: Tensor): Tensor;
  /** Codes → what the cost takes, [batch, ...event]. */
  decode(code: Tensor): Tensor;
  /** The reconstruction that an output of `decode` stands for. */
  mean(output: Tensor): Tensor;
  /** For every number of the samples, 0 where it is missing, [batch, ...event]: sum it over the event for a term. */
  cost(output: Tensor, x: Tensor): Tensor;
  /** Its two halves, for phases that move one of them; tied layers belong to the encoder. */
  readonly moves: { readonly encoder: Moves; readonly decoder: Moves };
}

/** @throws OptionError if the networks or the cost cannot take the data */
export function autoencoder(
  data: DataDescription,
  { cost: costName, tied, codeActivation, ...options }: AutoencoderOptions,
  scope: Scope,
): Autoencoder {
  requireCost(costName, data);
  const latent = options.latent ?? defaultLatent(data);
  const { encode, decode, features } = tied
    ? tiedNetworks(data, latent, options, scope)
    : networks(data, latent, options, scope);
  const activation = activations[codeActivation](scope);
  const { of, mean } = costs[costName];
  return {
    latent,
    features,
    encode: (x) => activation(encode(x)),
    decode,
    mean,
    cost: (output, x) => costOfObserved(data, x, (values) => of(output, values)),
    moves: {
      encoder: only(scope.child('encoder'), scope.child('code'), scope.child('tied')),
      decoder: only(scope.child('decoder')),
    },
  };
}

type Networks = Record<'features' | 'encode' | 'decode', Network>;
type Options = z.output<typeof networkOptions>;

function tiedNetworks(data: DataDescription, latent: number, options: Options, scope: Scope): Networks {
  if (data.holes)
    throw new OptionError(
      'tied',
      'has the decoder make what the encoder sees, and that of samples with holes sees a mask too; leave it out',
    );
  const { encode, decode } = tiedMlp(data.shape, latent, options, scope.child('tied'));
  return { features: encode, encode, decode };
}

function networks(data: DataDescription, latent: number, options: Options, scope: Scope): Networks {
  const { encoder, decoder } = networksFor(data, data.shape, options);
  const trunk = encoder(scope.child('encoder'));
  const code = linear(latent)(scope.child('code'));
  const features = (x: Tensor) => trunk(x).flatten();
  return { features, encode: (x) => code(features(x)), decode: decoder(scope.child('decoder')) };
}
