/** The variational autoencoder, and with a learned σ the σ-VAE. */
import { kl, klPerDimension, sampledKl } from '../probability/index.js';
import type { Tensor } from '../tensor/index.js';
import { type GaussianVae, gaussianVae } from './gaussianVae.js';
import { type VaeOptions, vaeOptions } from './options.js';
import { type Batch, type Model, system } from './system.js';
import { weighted } from './terms.js';

/** E_q[−log p(x|z)] + β KL(q(z|x) ‖ p(z)), each [batch], nats; −ELBO at β = 1. */
export function vaeModel(parts: GaussianVae, { samples, kl: form }: VaeOptions, beta: number): Model {
  const { posterior, likelihood, prior, latent } = parts;
  return {
    codeShape: [latent],
    objective({ x }: Batch) {
      const q = posterior(x);
      const p = prior(x.shape[0]);
      const z = samples === 1 ? q.rsample() : q.rsample({ draws: samples });
      const overDraws = (term: Tensor) => (samples === 1 ? term : term.mean(0));
      const divergence = form === 'analytic' ? kl(q, p) : overDraws(sampledKl(q, p, z));
      return {
        reconstruction: overDraws(likelihood(z).nll(x)),
        kl: weighted(beta, divergence, { coordinates: klPerDimension(q, p) }),
      };
    },
    encode: ({ x }) => posterior(x).mean,
    decode: (code) => likelihood(code).mean,
    likelihood: (code) => likelihood(code),
    posterior: ({ x }) => posterior(x),
    prior,
  };
}

export const vae = system({
  name: 'vae',
  title: 'VAE',
  paper:
    'Kingma & Welling, ICLR 2014, arXiv:1312.6114; learned σ: Rybkin et al., ICML 2021, arXiv:2006.13202',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + KL(q(z|x)\,\|\,p(z))`,
  summary:
    'Codes with a Gaussian posterior near N(0, I): samples, smooth interpolation, a bound on log p(x).',
  takesHoles: true,
  options: vaeOptions,
  build: (data, options, scope) => vaeModel(gaussianVae(data, options, scope), options, 1),
});
