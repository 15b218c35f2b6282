/**
 * The plain autoencoder, Σ_i ℓ(x_i, f(g(x))_i) through a bottleneck.
 *
 * Source: Hinton & Salakhutdinov, Science 2006.
 */
import { autoencoder, autoencoderOptions } from './autoencoder.js';
import { system } from './system.js';

export const ae = system({
  name: 'ae',
  title: 'Autoencoder',
  paper: 'Hinton & Salakhutdinov, Science 313, 2006',
  objective: String.raw`\sum_i (x_i - f(g(x))_i)^2`,
  summary:
    'Deterministic codes: embeddings, compression, anomaly scores. It has no prior, so nothing can be sampled.',
  takesHoles: true,
  options: autoencoderOptions,
  build(data, options, scope) {
    const { latent, encode, decode, mean, cost } = autoencoder(data, options, scope);
    return {
      codeShape: [latent],
      objective: ({ x }) => ({ reconstruction: cost(decode(encode(x)), x).sumOverEvent() }),
      encode: ({ x }) => encode(x),
      decode: (code) => mean(decode(code)),
    };
  },
});
