/**
 * HFVAE: coordinates in groups, with one weight for dependence between the groups and another for that within them.
 *
 *   E_q[−log p(x|z)] + Σ_j [log q(z_j) − log p(z_j)]          KL of each coordinate's marginal
 *                    + α [log q(z|x) − log q(z)]              mutual information of sample and code
 *                    + β [log q(z) − Σ_g log q(z^g)]          total correlation between the groups
 *                    + γ Σ_g [log q(z^g) − Σ_{j∈g} log q(z_j)]   total correlation within each
 *
 * A group may stay correlated, such as the two numbers of a position, while groups are kept apart: β > γ. The prior
 * N(0, I) leaves nothing of the paper's log p(z) − Σ_g log p(z^g). A group is a stretch of coordinates: which numbers of
 * a code these are says nothing, since nothing tells coordinates apart before training.
 *
 * Source: Esmaeili et al., AISTATS 2019 (arXiv:1804.02086).
 */
import { z } from 'zod';
import { decomposedBound, OF_BATCH } from './decomposedBound.js';
import { OptionError } from './errors.js';
import { gaussianVae } from './gaussianVae.js';
import { gaussianVaeOptions, nonNegative, positiveInteger } from './options.js';
import { requireBatch } from './requireBatch.js';
import { type Batch, system } from './system.js';
import { weighted } from './terms.js';
import { vaeModel } from './vae.js';

export const hfvae = system({
  name: 'hfvae',
  title: 'HFVAE',
  paper: 'Esmaeili et al., AISTATS 2019, arXiv:1804.02086',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + \sum_j KL(q(z_j)\,\|\,p(z_j)) + \alpha\,I(x; z) + \beta\,KL(q(z)\,\|\,\prod_g q(z^g)) + \gamma\,\sum_g KL(q(z^g)\,\|\,\prod_{j\in{}g} q(z_j))`,
  summary: 'A β-TCVAE with groups of coordinates: apart from one another, and freer within.',
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    alpha: nonNegative().default(1).describe('weight of the mutual information of sample and code'),
    beta: nonNegative().default(4).describe('weight of the total correlation between groups'),
    gamma: nonNegative().default(2).describe('weight of the total correlation within groups'),
    groups: z
      .array(positiveInteger())
      .optional()
      .describe('coordinates in each group, from the first to the last (default: pairs)'),
  }),
  require: (given) => requireBatch(given, 32, 'hfvae estimates q(z) from the batch'),
  build(data, { alpha, beta, gamma, groups: givenGroups, ...options }, scope) {
    const parts = gaussianVae(data, options, scope);
    const groups = givenGroups ?? pairs(parts.latent);
    requireAll(groups, parts.latent);
    return {
      ...vaeModel(parts, { ...options, samples: 1, kl: 'sampled' }, 1),
      objective({ x }: Batch) {
        const { reconstruction, kl } = decomposedBound(parts, data, x, { estimator: 'mss', groups });
        return {
          reconstruction,
          dimensionWiseKl: weighted(1, kl.dimensionWiseKl, OF_BATCH),
          mutualInformation: weighted(alpha, kl.mutualInformation, OF_BATCH),
          totalCorrelation: weighted(beta, kl.totalCorrelation, OF_BATCH),
          withinGroups: weighted(gamma, kl.withinGroups, OF_BATCH),
        };
      },
    };
  },
});

/** Two and two, with one left over where their number is odd. */
function pairs(latent: number): number[] {
  return Array.from({ length: Math.ceil(latent / 2) }, (_, g) => Math.min(2, latent - 2 * g));
}

function requireAll(groups: readonly number[], latent: number): void {
  const total = groups.reduce((sum, size) => sum + size, 0);
  if (total === latent) return;
  throw new OptionError(
    'groups',
    `groups of ${groups.join(', ')} hold ${total} coordinates, but a code has ${latent}; let them add up to it`,
  );
}
