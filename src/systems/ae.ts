/**
 * The plain autoencoder, x̂ = f(g(x)) through a bottleneck.
 *
 *   mse        Σ_i (x_i − x̂_i)², no ½ and no mean
 *   bernoulli  Σ_i softplus(ℓ_i) − x_i ℓ_i, cross-entropy from logits
 *   l1         Σ_i |x_i − x̂_i|
 *
 * Source: Hinton & Salakhutdinov, Science 2006.
 */
import { z } from 'zod';
import { linear, type Network, type Scope } from '../nn/index.js';
import { Bernoulli } from '../probability/index.js';
import type { Tensor } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import { tiedMlp } from './architectures/tied.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { defaultLatent, type NetworkOptions, networkOptions } from './options.js';
import { system } from './system.js';

interface Cost {
  /** From the decoder's output and the sample, [batch]. */
  of(output: Tensor, x: Tensor): Tensor;
  /** The reconstruction that the decoder's output stands for. */
  mean(output: Tensor): Tensor;
}

const costs: Record<'mse' | 'bernoulli' | 'l1', Cost> = {
  mse: { of: (output, x) => x.sub(output).square().sumOverEvent(), mean: (output) => output },
  bernoulli: { of: (logits, x) => new Bernoulli(logits).nll(x), mean: (logits) => logits.sigmoid() },
  l1: { of: (output, x) => x.sub(output).abs().sumOverEvent(), mean: (output) => output },
};

export const ae = system({
  name: 'ae',
  title: 'Autoencoder',
  paper: 'Hinton & Salakhutdinov, Science 313, 2006',
  objective: String.raw`\sum_i (x_i - f(g(x))_i)^2`,
  summary:
    'Deterministic codes: embeddings, compression, anomaly scores. It has no prior, so nothing can be sampled.',
  options: networkOptions.extend({
    cost: z.enum(['mse', 'bernoulli', 'l1']).default('mse').describe('what a reconstruction costs'),
    tied: z
      .boolean()
      .default(false)
      .describe('decode with the transposes of the encoder’s dense layers (mlp only)'),
  }),
  build(data, { cost: costName, tied, ...options }, scope) {
    const latent = options.latent ?? defaultLatent(data);
    if (costName === 'bernoulli' && data.spec.kind === 'table') {
      throw new OptionError('cost', 'bernoulli is for pictures, whose values lie in [0, 1]; use mse or l1');
    }
    const cost = costs[costName];
    const { encode, decode } = tied
      ? tiedMlp(data.shape, latent, options, scope.child('tied'))
      : networks(data, latent, options, scope);
    return {
      codeShape: [latent],
      objective: ({ x }) => ({ reconstruction: cost.of(decode(encode(x)), x) }),
      encode: ({ x }) => encode(x),
      decode: (code) => cost.mean(decode(code)),
    };
  },
});

interface Networks {
  encode: Network;
  decode: Network;
}

function networks(data: DataDescription, latent: number, options: NetworkOptions, scope: Scope): Networks {
  const { encoder, decoder } = networksFor(data.shape, data.shape, options);
  const trunk = encoder(scope.child('encoder'));
  const code = linear(latent)(scope.child('code'));
  return { encode: (x) => code(trunk(x).flatten()), decode: decoder(scope.child('decoder')) };
}
