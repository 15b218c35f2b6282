/**
 * VAEs whose reconstructions are judged by a distance in the likelihood's place:
 *
 *   E_q(z|x)[Δ(x, x̂(z))] + w KL(q(z|x) ‖ p(z))
 *
 * No bound on log p(x), unless Δ happens to be a likelihood's −log p(x|z) up to a constant; and the scale of Δ, which a
 * likelihood would fix, is the system's to choose.
 *
 * Source: Ridgeway, Snell et al. 2015, "Learning to generate images with perceptual similarity metrics"
 * (arXiv:1511.06409), §3.2.
 */
import type { Scope } from '../nn/index.js';
import type { Tensor } from '../tensor/index.js';
import { type DataDescription, KINDS } from './description.js';
import { OptionError } from './errors.js';
import { type GaussianVae, gaussianVae } from './gaussianVae.js';
import { gaussianVaeOptions, likelihoodOptions } from './options.js';
import type { Batch, Model } from './system.js';
import { klTerm } from './terms.js';

/** Options of a Gaussian posterior and its networks; there is no likelihood to choose. */
export const expectedLossOptions = gaussianVaeOptions.omit({ likelihood: true, sigma: true, sigma0: true });
type ExpectedLossOptions = Omit<typeof gaussianVaeOptions._zod.output, keyof typeof likelihoodOptions.shape>;

/** The parts of a VAE whose decoder gives any numbers. */
export function unboundedVae(data: DataDescription, options: ExpectedLossOptions, scope: Scope): GaussianVae {
  return gaussianVae(data, { ...options, likelihood: 'gaussian', sigma: 'fixed', sigma0: 1 }, scope);
}

/**
 * The parts of a VAE whose decoder gives intensities in [0, 1], through a sigmoid.
 *
 * @throws OptionError for tables
 */
export function pictureVae(data: DataDescription, options: ExpectedLossOptions, scope: Scope): GaussianVae {
  if (data.spec.kind !== 'image') {
    throw new OptionError(
      'system',
      `this one compares pictures, and the data are ${KINDS[data.spec.kind]}; take vae`,
    );
  }
  const { sigma0 } = likelihoodOptions.parse({});
  return gaussianVae(data, { ...options, likelihood: 'bernoulli', sigma: 'auto', sigma0 }, scope);
}

/** Δ(x, x̂) and w KL. @param distance of a reconstruction and its sample, [batch] */
export function expectedLossVae(
  { latent, posterior, likelihood, prior }: GaussianVae,
  distance: (reconstruction: Tensor, x: Tensor) => Tensor,
  klWeight: number,
): Model {
  const decode = (code: Tensor) => likelihood(code).mean;
  return {
    codeShape: [latent],
    objective({ x }: Batch) {
      const q = posterior(x);
      return {
        reconstruction: distance(decode(q.rsample()), x),
        kl: klTerm(klWeight, q, prior(x.shape[0])),
      };
    },
    encode: ({ x }) => posterior(x).mean,
    decode,
    posterior: ({ x }) => posterior(x),
    prior,
  };
}
