/**
 * The second stage of a two-stage VAE: a VAE of codes, with codes u as long as those they stand for and one learned scale γ:
 *
 *   E_q[ ‖z − f(u)‖²/(2γ²) + d log γ + d/2 log 2π ] + KL(q(u|z) ‖ N(0, I)),   z ~ q(z|x) anew in every step
 *
 * A draw is z = f(u) + γ ε: without the noise it would leave the manifold's neighbourhood that γ stands for. Dai & Wipf 2019
 * (arXiv:1903.05789), §4; hidden layers have what goes in beside what comes out, as in the authors' code.
 */
import { z } from 'zod';
import { type Layer, linear, relu, sequential } from '../nn/index.js';
import { gaussianVae, positiveInteger, vaeModel, vaeOptions } from '../systems/index.js';
import { concat } from '../tensor/index.js';
import { vectorPrior } from './prior.js';

/** Dense layers, and what they were given beside what they give. */
function besideInput(hidden: readonly number[]): Layer {
  return (scope) => {
    const layers = sequential(...hidden.flatMap((width) => [linear(width), relu]))(scope);
    return (x) => concat([layers(x), x]);
  };
}

export const twoStage = vectorPrior({
  name: 'two-stage',
  title: 'Two-stage VAE',
  paper: 'Dai & Wipf, ICLR 2019, arXiv:1903.05789',
  objective: String.raw`-\mathbb{E}_{q(u|z)}[\log N(z; f(u), \gamma^2 I)] + KL(q(u|z)\,\|\,p(u))`,
  summary:
    'A VAE of the codes, whose own codes are nearer to N(0, I): a bound on log p(z), draws in one pass.',
  value: 'bound',
  isTrained: true,
  options: z.object({
    latent: positiveInteger().optional().describe('length of u (default: that of a code)'),
    hidden: z
      .array(positiveInteger())
      .default([512, 512])
      .describe('widths of the layers of encoder and decoder; the paper has 1024, three times'),
  }),
  build({ data, size }, { latent = size, hidden }, scope) {
    const options = vaeOptions.parse({
      latent,
      likelihood: 'gaussian',
      sigma: 'shared',
      encoder: besideInput(hidden),
      decoder: sequential(besideInput(hidden), linear(size)),
    });
    const parts = gaussianVae(data, options, scope);
    const { objective } = vaeModel(parts, options, 1);
    return {
      objective,
      distribution: (count) => ({
        mean: parts.likelihood(parts.prior(count).mean).mean,
        sample: ({ stream = 'prior' } = {}) =>
          parts.likelihood(parts.prior(count).sample({ stream })).sample({ stream: `${stream} noise` }),
      }),
    };
  },
});
