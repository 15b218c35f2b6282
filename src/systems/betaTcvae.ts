/**
 * β-TCVAE: the KL of a VAE taken apart, with a weight for each part.
 *
 *   E_q[−log p(x|z)] + α [log q(z|x) − log q(z)]            mutual information of sample and code
 *                    + β [log q(z) − Σ_l log q(z_l)]        total correlation of the coordinates
 *                    + γ [Σ_l log q(z_l) − log p(z)]        KL of each coordinate's marginal
 *
 * q(z) = 1/N Σ_n q(z|x_n) is estimated from the batch. Only the sum of the three, which is log q(z|x) − log p(z), is
 * free of that estimate: a single part says something for large batches alone.
 *
 * Source: Chen et al., NeurIPS 2018, eq. 2-4 (arXiv:1802.04942).
 */
import { z } from 'zod';
import { aggregateEstimators } from '../probability/index.js';
import { decomposedBound, OF_BATCH } from './decomposedBound.js';
import { gaussianVae } from './gaussianVae.js';
import { gaussianVaeOptions, nonNegative } from './options.js';
import { requireBatch } from './requireBatch.js';
import { type Batch, system } from './system.js';
import { weighted } from './terms.js';
import { vaeModel } from './vae.js';

export const betaTcvae = system({
  name: 'beta-tcvae',
  title: 'β-TCVAE',
  paper: 'Chen et al., NeurIPS 2018, arXiv:1802.04942',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + \alpha\,I(x; z) + \beta\,KL(q(z)\,\|\,\prod_l q(z_l)) + \gamma\,\sum_l KL(q(z_l)\,\|\,p(z_l))`,
  summary:
    'A VAE that pays for dependence between coordinates alone: separate coordinates at less cost than β-VAE.',
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    alpha: nonNegative().default(1).describe('weight of the mutual information of sample and code'),
    beta: nonNegative().default(6).describe('weight of the total correlation of the coordinates'),
    gamma: nonNegative().default(1).describe('weight of the KL of the coordinates’ marginals'),
    estimator: z
      .enum(aggregateEstimators)
      .default('mss')
      .describe('weights of the batch’s posteriors in q(z): stratified, as in the paper, or all the same'),
  }),
  require: (given) => requireBatch(given, 32, 'beta-tcvae estimates q(z) from the batch'),
  build(data, { alpha, beta, gamma, estimator, ...options }, scope) {
    const parts = gaussianVae(data, options, scope);
    return {
      ...vaeModel(parts, { ...options, samples: 1, kl: 'sampled' }, 1),
      objective({ x }: Batch) {
        const { reconstruction, kl } = decomposedBound(parts, data, x, { estimator });
        return {
          reconstruction,
          mutualInformation: weighted(alpha, kl.mutualInformation, OF_BATCH),
          totalCorrelation: weighted(beta, kl.totalCorrelation, OF_BATCH),
          dimensionWiseKl: weighted(gamma, kl.dimensionWiseKl, OF_BATCH),
        };
      },
    };
  },
});
