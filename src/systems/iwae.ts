/**
 * The importance-weighted autoencoder: a VAE trained on a bound that more draws make tighter.
 *
 *   −log 1/K Σ_k w_k,   w_k = p(x|z_k) p(z_k) / q(z_k|x),   z_k ~ q(z|x)
 *
 * No KL in closed form here: all three densities are those of the draws. One stochastic layer;
 * the paper has two as well.
 *
 * Source: Burda, Grosse & Salakhutdinov, ICLR 2016, §3; `dreg`: Tucker et al., ICLR 2019.
 */
import { gradientOption, importanceWeighted } from './importanceWeighted.js';
import { gaussianVaeOptions, positiveInteger } from './options.js';
import { system } from './system.js';
import { bound } from './terms.js';

export const iwae = system({
  name: 'iwae',
  title: 'IWAE',
  paper: 'Burda, Grosse & Salakhutdinov, ICLR 2016, arXiv:1509.00519',
  objective: String.raw`-\mathbb{E}[\log \frac{1}{K} \sum_k \frac{p(x, z_k)}{q(z_k|x)}]`,
  summary: 'A VAE on a tighter bound: richer codes and better likelihoods, for K decoder passes a step.',
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    k: positiveInteger().default(5).describe('draws of the code per sample: the more, the tighter the bound'),
    gradient: gradientOption,
  }),
  // The paper's Adam, §5.
  training: () => ({ epsilon: 1e-4 }),
  build(data, { k, ...options }, scope) {
    const { model, weigh } = importanceWeighted(data, options, scope);
    return { ...model, objective: ({ x }) => ({ bound: bound(weigh(x, [k]).logMeanWeight(0).neg()) }) };
  },
});
