/**
 * The log-cosh VAE: reconstructions are paid for by a squared error near 0 and an absolute error far from it.
 *
 *   Σ_i (1/a) log cosh(a (x̂_i − x_i)) + β KL(q(z|x) ‖ p(z))
 *
 * With `likelihood` logcosh the cost gets the constant log Z that makes it −log p(x|z) of a density, so that the
 * objective at β = 1 is −ELBO and can be set beside that of other systems; what is learned is the same.
 *
 * Source: Chen et al. 2019, "Log hyperbolic cosine loss improves variational auto-encoder" (openreview rkglvsC9Ym).
 */
import { z } from 'zod';
import { LogCosh, logCosh } from '../probability/index.js';
import type { Tensor } from '../tensor/index.js';
import { expectedLossOptions, expectedLossVae, unboundedVae } from './expectedLoss.js';
import { costOfObserved, ObservedOnly } from './holes.js';
import { nonNegative } from './options.js';
import { system } from './system.js';

export const logcoshVae = system({
  name: 'logcosh-vae',
  title: 'LogCosh VAE',
  paper: 'Chen et al. 2019, openreview rkglvsC9Ym',
  objective: String.raw`\sum_i \frac{1}{a} \log\cosh(a(\hat{x}_i - x_i)) + \beta\,KL(q(z|x)\,\|\,p(z))`,
  summary:
    'A VAE whose reconstruction error grows like a square at first and then like a line: outliers pull less.',
  takesHoles: true,
  options: expectedLossOptions.extend({
    a: z.number().positive().default(10).describe('errors up to about 1/a are squared, larger ones absolute'),
    beta: nonNegative().default(1).describe('weight of the KL term'),
    likelihood: z
      .enum(['cost', 'logcosh'])
      .default('cost')
      .describe('the bare cost, or −log p(x|z) of the density that belongs to it: a constant more'),
  }),
  build(data, { a, beta, likelihood, ...options }, scope) {
    const parts = unboundedVae(data, options, scope);
    const density = (mean: Tensor) => {
      const whole = new LogCosh({ mean, sharpness: a, eventRank: data.shape.length });
      return data.holes ? new ObservedOnly(whole) : whole;
    };
    if (likelihood === 'cost') {
      const cost = (mean: Tensor, x: Tensor) =>
        costOfObserved(data, x, (values) => logCosh(mean.sub(values), a)).sumOverEvent();
      return expectedLossVae(parts, cost, beta);
    }
    return {
      ...expectedLossVae(parts, (mean, x) => density(mean).nll(x), beta),
      likelihood: (code) => density(parts.likelihood(code).mean),
    };
  },
});
