/**
 * The normal distribution with mean and covariance of the codes, in closed form.
 *
 * N(0, I), which a VAE's codes are pulled to, is wrong by construction for a deterministic autoencoder, and not quite right
 * for the aggregate posterior of any: this is the nearest normal distribution to it (KL(q(z) ‖ p(z)) is least).
 */
import { z } from 'zod';
import { conditionalOption, requireClasses } from './conditional.js';
import { fitMixture } from './mixture/fit.js';
import { mixtureModel } from './mixture/model.js';
import { covarianceOption } from './mixture/options.js';
import { vectorPrior } from './prior.js';

/** A mixture of one component, which the first step of EM fits; its floor is what float32 needs. */
const ONE = { components: 1, regularisation: 1e-9, restarts: 1, tolerance: 0, iterations: 0 };

export const normal = vectorPrior({
  name: 'normal',
  title: 'Normal',
  paper: 'moment matching',
  objective: 'p(z) = N(z; m, S)',
  summary: 'One normal distribution with the mean and covariance of the codes: at once, and often enough.',
  value: 'density',
  isTrained: false,
  options: z.object({ covariance: covarianceOption(), conditional: conditionalOption() }),
  isConditional: ({ conditional }) => conditional,
  require: ({ conditional }, codes) => requireClasses(conditional, codes),
  build: (codes, { covariance, conditional }, scope) =>
    mixtureModel(codes, { components: 1, covariance, isConditional: conditional }, scope),
  fit: (request, options) => fitMixture(request, { ...ONE, ...options }),
});
