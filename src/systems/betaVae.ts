/**
 * β-VAE: the VAE with a weight on the KL term, for codes whose coordinates mean separate things.
 *
 * β weighs nats against nats, both summed. Where a paper speaks of a normalised β it means β · latent / D, for D numbers
 * per sample. A β that rises from 0 is no option here: `klWarmup` and `klCycles` of a run anneal the KL of every system,
 * record the weight of each step, and leave evaluation at weight 1.
 */
import { gaussianVae } from './gaussianVae.js';
import { nonNegative, vaeOptions } from './options.js';
import { system } from './system.js';
import { vaeModel } from './vae.js';

export const betaVae = system({
  name: 'beta-vae',
  title: 'β-VAE',
  paper: 'Higgins et al., ICLR 2017, openreview Sy2fzU9gl',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + \beta\,KL(q(z|x)\,\|\,p(z))`,
  summary: 'A VAE that pays β nats for each nat in the code: fewer, more separate coordinates for β > 1.',
  takesHoles: true,
  options: vaeOptions.extend({
    beta: nonNegative().default(4).describe('weight of the KL term'),
  }),
  build: (data, { beta, ...options }, scope) => vaeModel(gaussianVae(data, options, scope), options, beta),
});
