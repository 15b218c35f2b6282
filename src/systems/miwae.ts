/**
 * The multiply importance-weighted autoencoder: the mean of M bounds of K draws each, whose gradient is less noisy for
 * the encoder than that of one bound of M K draws.
 *
 *   −1/M Σ_m log 1/K Σ_k w_mk
 *
 * Source: Rainforth et al., ICML 2018 (arXiv:1802.04537).
 */
import { groupOptions, importanceWeighted } from './importanceWeighted.js';
import { system } from './system.js';
import { bound } from './terms.js';

export const miwae = system({
  name: 'miwae',
  title: 'MIWAE',
  paper: 'Rainforth et al., ICML 2018, arXiv:1802.04537',
  objective: String.raw`-\mathbb{E}[\frac{1}{M} \sum_m \log \frac{1}{K} \sum_k w_{mk}]`,
  summary:
    'Between VAE and IWAE: several importance-weighted bounds averaged, for a clearer encoder gradient.',
  takesHoles: true,
  options: groupOptions,
  build(data, { m, k, ...options }, scope) {
    const { model, weigh } = importanceWeighted(data, options, scope);
    return {
      ...model,
      objective: ({ x }) => ({ bound: bound(weigh(x, [m, k]).logMeanWeight(1).neg().mean(0)) }),
    };
  },
});
