/**
 * The conditional multimodal autoencoder: the class y sets the prior of the code, and reaches x through the code alone.
 *
 *   E_q(z|x,y)[−log p(x|z)] + KL(q(z|x, y) ‖ p(z|y)),   y → z → x
 *
 * The CVAE's decoder is told y as well; this one is not, so the code has to say what the class says.
 *
 * Source: Pandey & Dukkipati 2016 (arXiv:1603.01801).
 */
import { z as schema } from 'zod';
import { activations, linear, sequential } from '../nn/index.js';
import type { Tensor } from '../tensor/index.js';
import { classCondition } from './condition.js';
import { gaussianVae, normalHead } from './gaussianVae.js';
import { gaussianVaeOptions, positiveInteger } from './options.js';
import { system } from './system.js';
import { klTerm } from './terms.js';

export const cmma = system({
  name: 'cmma',
  title: 'CMMA',
  paper: 'Pandey & Dukkipati 2016, arXiv:1603.01801',
  objective: String.raw`-\mathbb{E}_{q(z|x,y)}[\log p(x|z)] + KL(q(z|x,y)\,\|\,p(z|y))`,
  summary: 'A VAE with a prior for each class: codes of a class lie together, and samples of a chosen class.',
  needsLabels: true,
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    priorHidden: schema
      .array(positiveInteger())
      .default([512])
      .describe('widths of the dense layers from the class to the mean and variance of its prior'),
  }),
  build(data, { priorHidden, ...options }, scope) {
    const { posterior, likelihood, latent } = gaussianVae(data, options, scope);
    const conditionOf = classCondition('cmma', data.classes);
    const hidden = priorHidden.flatMap((width) => [linear(width), activations[options.activation]]);
    const trunk = sequential(...hidden)(scope.child('prior'));
    const [mean, logVar] = ['priorMean', 'priorLogVar'].map((name) => linear(latent)(scope.child(name)));
    const priorHead = normalHead(mean, logVar, options.logVarBound);
    const prior = (labels: Tensor | undefined) => priorHead(trunk(conditionOf(labels)));
    return {
      codeShape: [latent],
      objective({ x, labels }) {
        const q = posterior(x, conditionOf(labels));
        const p = prior(labels);
        return {
          reconstruction: likelihood(q.rsample()).nll(x),
          kl: klTerm(1, q, p),
        };
      },
      encode: ({ x, labels }) => posterior(x, conditionOf(labels)).mean,
      decode: (code) => likelihood(code).mean,
      likelihood: (code) => likelihood(code),
      posterior: ({ x, labels }) => posterior(x, conditionOf(labels)),
      prior: (_count, labels) => prior(labels),
    };
  },
});
