/**
 * The conditional VAE: encoder, decoder and prior are told the class y.
 *
 *   α [ E_q(z|x,y)[−log p(x|z, y)] + KL(q(z|x, y) ‖ p(z|y)) ] + (1 − α) E_p(z|y)[−log p(x|z, y)]
 *
 * Source: Sohn, Lee & Yan, NeurIPS 2015, eq. 4-6; the second part is the Gaussian stochastic network of eq. 5. One-hot
 * classes are joined to the encoder's input and to the code.
 */
import { z as schema } from 'zod';
import { linear } from '../nn/index.js';
import type { Tensor } from '../tensor/index.js';
import { classCondition } from './condition.js';
import { gaussianVae, normalHead } from './gaussianVae.js';
import { gaussianVaeOptions } from './options.js';
import { type Batch, system } from './system.js';
import { klTerm, penalty, weighted } from './terms.js';

export const cvae = system({
  name: 'cvae',
  title: 'CVAE',
  paper: 'Sohn, Lee & Yan, NeurIPS 2015',
  objective: String.raw`-\mathbb{E}_{q(z|x,y)}[\log p(x|z,y)] + KL(q(z|x,y)\,\|\,p(z|y))`,
  summary: 'A VAE that is told the class: samples of a chosen class, codes that leave the class out.',
  needsLabels: true,
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    prior: schema
      .enum(['conditional', 'standard'])
      .default('conditional')
      .describe('p(z|y) learned per class, or N(0, I)'),
    alpha: schema
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe('weight of the bound; 1 − alpha goes to prediction from the prior'),
  }),
  build(data, { prior: priorKind, alpha, ...options }, scope) {
    const { posterior, likelihood, prior: standardPrior, latent } = gaussianVae(data, options, scope);
    const [mean, logVar] = ['priorMean', 'priorLogVar'].map((name) => linear(latent)(scope.child(name)));
    const priorHead = normalHead(mean, logVar, options.logVarBound);
    const conditionOf = classCondition('cvae', data.classes);
    const prior = (count: number, labels?: Tensor) =>
      priorKind === 'standard' ? standardPrior(count) : priorHead(conditionOf(labels));
    return {
      codeShape: [latent],
      objective({ x, labels }: Batch) {
        const y = conditionOf(labels);
        const q = posterior(x, y);
        const p = prior(x.shape[0], labels);
        const bound = {
          reconstruction: weighted(alpha, likelihood(q.rsample(), y).nll(x)),
          kl: klTerm(alpha, q, p),
        };
        if (alpha === 1) return bound;
        return {
          ...bound,
          prediction: penalty(1 - alpha, likelihood(p.rsample({ stream: 'prior' }), y).nll(x)),
        };
      },
      encode: ({ x, labels }) => posterior(x, conditionOf(labels)).mean,
      decode: (code, labels) => likelihood(code, conditionOf(labels)).mean,
      likelihood: (code, labels) => likelihood(code, conditionOf(labels)),
      posterior: ({ x, labels }) => posterior(x, conditionOf(labels)),
      prior,
    };
  },
});
