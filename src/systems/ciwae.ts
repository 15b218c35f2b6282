/**
 * The combination of the VAE's bound and the IWAE's, on the same K draws.
 *
 *   −β 1/K Σ_k log w_k − (1 − β) log 1/K Σ_k w_k
 *
 * Source: Rainforth et al., ICML 2018 (arXiv:1802.04537).
 */
import { z } from 'zod';
import { importanceWeighted } from './importanceWeighted.js';
import { gaussianVaeOptions, positiveInteger } from './options.js';
import { system } from './system.js';
import { bound } from './terms.js';

export const ciwae = system({
  name: 'ciwae',
  title: 'CIWAE',
  paper: 'Rainforth et al., ICML 2018, arXiv:1802.04537',
  objective: String.raw`-\mathbb{E}[\frac{\beta}{K} \sum_k \log w_k + (1-\beta) \log \frac{1}{K} \sum_k w_k]`,
  summary: 'Between VAE and IWAE by a weight: a tight bound whose encoder gradient does not vanish.',
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    k: positiveInteger().default(64).describe('draws of the code per sample'),
    beta: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe('weight of the VAE’s bound; 1 − beta goes to the IWAE’s'),
  }),
  build(data, { k, beta, ...options }, scope) {
    const { model, weigh } = importanceWeighted(data, options, scope);
    return {
      ...model,
      objective({ x }) {
        const { logWeights, logMeanWeight } = weigh(x, [k]);
        return {
          bound: bound(
            logWeights
              .mean(0)
              .mul(-beta)
              .sub(logMeanWeight(0).mul(1 - beta)),
          ),
        };
      },
    };
  },
});
