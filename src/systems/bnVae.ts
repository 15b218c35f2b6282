/**
 * The batch-normalised VAE: posterior means of a fixed spread over the batch, so that the KL cannot vanish, however
 * strong the decoder.
 *
 *   m = γ (h − mean_b h) / √(var_b h + ε) + β_j,   mean_b KL ≥ ½ (d γ² + Σ_j β_j²)
 *
 * γ is no variable: a learned one would go to 0, and the bound with it. Evaluation takes the running mean and variance.
 *
 * Source: Zhu et al., ACL 2020 (arXiv:2004.12585).
 */
import { z } from 'zod';
import { batchNorm, linear, sequential } from '../nn/index.js';
import { gaussianVae } from './gaussianVae.js';
import { vaeOptions } from './options.js';
import { requireBatch } from './requireBatch.js';
import { system } from './system.js';
import { vaeModel } from './vae.js';

const LEAST_BATCH = 16;
/**
 * The usual 1e-5 is a way around the floor: the mean's spread is γ √(var / (var + ε)), so shrinking h lowers the KL. The
 * gradient that says so is tiny, but Adam makes full steps of it, and in 500 steps the KL of a decoder that ignores its
 * code is 0. Below this, ε is nothing beside any variance that float32 networks have.
 */
const EPSILON = 1e-12;

export const bnVae = system({
  name: 'bn-vae',
  title: 'BN-VAE',
  paper: 'Zhu et al., ACL 2020, arXiv:2004.12585',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + KL(q(z|x)\,\|\,p(z)), \mu = \gamma (h - \mathbb{E}[h]) / \sigma_h + \beta`,
  summary: 'A VAE whose KL keeps a floor: codes stay in use where a strong decoder would ignore them.',
  takesHoles: true,
  options: vaeOptions.extend({
    gamma: z
      .number()
      .positive()
      .default(0.5)
      .describe(
        'deviation of each coordinate of the posterior mean over a batch; the KL stays above d gamma² / 2',
      ),
    learnBeta: z.boolean().default(true).describe('learn the mean of each coordinate; else it is 0'),
    statisticsMomentum: z
      .number()
      .gt(0)
      .max(1)
      .default(0.1)
      .describe('weight of each batch in the running mean and variance that evaluation uses'),
  }),
  require: (given) =>
    requireBatch(given, LEAST_BATCH, 'bn-vae standardises the posterior means over the batch'),
  build(data, { gamma, learnBeta, statisticsMomentum: momentum, ...options }, scope) {
    const norm = batchNorm({ gain: gamma, shift: learnBeta, momentum, epsilon: EPSILON });
    // What a bias would add, the normalisation takes away.
    const mean = (latent: number) => sequential(linear(latent, { bias: false }), norm);
    return vaeModel(gaussianVae(data, options, scope, { mean }), options, 1);
  },
});
