/**
 * InfoVAE in its MMD form: the KL that every sample pays is exchanged, in part or whole, for one between the codes of
 * all samples together and the prior, which costs no information about the sample.
 *
 *   E_q[−log p(x|z)] + (1 − α) KL(q(z|x) ‖ p(z)) + (α + λ − 1) MMD²(q(z), p(z))
 *
 * Source: Zhao, Song & Ermon 2017, eq. 6 (arXiv:1706.02262); MMD² by its unbiased estimate over the batch.
 */
import { z } from 'zod';
import { OptionError } from './errors.js';
import { gaussianVae } from './gaussianVae.js';
import { kernelOptions, mismatch } from './kernelOptions.js';
import { vaeOptions } from './options.js';
import { requireBatch } from './requireBatch.js';
import { system } from './system.js';
import { penalty } from './terms.js';
import { vaeModel } from './vae.js';

export const infoVae = system({
  name: 'info-vae',
  title: 'InfoVAE',
  paper: 'Zhao, Song & Ermon, AAAI 2019, arXiv:1706.02262',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + (1-\alpha)\,KL(q(z|x)\,\|\,p(z)) + (\alpha+\lambda-1)\,MMD^2(q(z), p(z))`,
  summary:
    'A VAE that matches all codes together with the prior, so that each may say more about its sample.',
  takesHoles: true,
  options: vaeOptions.extend(kernelOptions('rbf', [1]).shape).extend({
    alpha: z.number().max(1).default(0).describe('part of the KL term that is given up; 1: all of it'),
    lambda: z.number().positive().default(1000).describe('alpha + lambda − 1 is the weight of MMD²'),
  }),
  training: () => ({ batchSize: 200 }),
  require: (given) => requireBatch(given, 64, 'info-vae estimates MMD² from the batch'),
  build(data, { alpha, lambda, kernel, scales, bandwidth, ...options }, scope) {
    const weight = alpha + lambda - 1;
    if (weight < 0) {
      const sum = `alpha + lambda − 1 is the weight of MMD² and must not be negative`;
      throw new OptionError('lambda', `${sum}; with alpha ${alpha}, give ${1 - alpha} or more`);
    }
    const parts = gaussianVae(data, options, scope);
    const vae = vaeModel(parts, options, 1 - alpha);
    return {
      ...vae,
      objective(batch) {
        const z = parts.posterior(batch.x).rsample();
        const drawn = parts.prior(z.shape[0]).sample({ stream: 'prior' });
        const mmd = mismatch(z, drawn, { kernel, scales, bandwidth });
        return { ...vae.objective(batch), mmd: penalty(weight, mmd) };
      },
    };
  },
});
