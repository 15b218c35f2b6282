/** Dense encoder and decoder that share their weights: every decoder layer is the transpose of an encoder layer. */
import { activations, filled, heUniform, type Network, type Scope } from '../../nn/index.js';
import { type Shape, sizeOf } from '../../tensor/index.js';
import { OptionError } from '../errors.js';
import type { NetworkOptions } from '../options.js';
import { chooseArchitecture } from './index.js';
import { mlpWidths } from './mlp.js';

/**
 * [batch, ...shape] → [batch, latent] and back.
 *
 * @throws OptionError if an option is given that tied layers do not read
 */
export function tiedMlp(
  shape: Shape,
  latent: number,
  options: NetworkOptions,
  scope: Scope,
): { encode: Network; decode: Network } {
  requireTiable(shape, options);
  const sizes = [sizeOf(shape), ...mlpWidths(shape, options), latent];
  const activation = activations[options.activation](scope);
  const layers = sizes.slice(1).map((width, i) => {
    const layer = scope.child(String(i));
    return {
      weight: layer.variable('weight', [sizes[i], width], heUniform),
      bias: layer.variable('bias', [width], filled(0)),
      biasBack: layer.variable('biasBack', [sizes[i]], filled(0)),
    };
  });
  return {
    encode: (x) =>
      layers.reduce((h, { weight, bias }, i) => {
        const next = h.matmul(weight).add(bias);
        return i === layers.length - 1 ? next : activation(next);
      }, x.flatten()),
    decode: (z) =>
      layers
        .reduceRight((h, { weight, biasBack }, i) => {
          const next = h.matmul(weight.swapLastAxes()).add(biasBack);
          return i === 0 ? next : activation(next);
        }, z)
        .reshape([z.shape[0], ...shape]),
  };
}

function requireTiable(shape: Shape, options: NetworkOptions): void {
  const { encoder, decoder, architecture, normalisation, dropout } = options;
  if (encoder || decoder || (architecture !== 'mlp' && architecture !== 'auto')) {
    throw new OptionError('tied', 'ties dense layers; use architecture mlp without layers of your own');
  }
  if (normalisation !== 'none' || dropout > 0) {
    throw new OptionError('tied', 'ties plain layers; leave normalisation and dropout out');
  }
  chooseArchitecture(shape, { ...options, architecture: 'mlp' });
}
