/**
 * The normal distribution with mean and covariance of the codes, in closed form.
 *
 * N(0, I), which a VAE's codes are pulled to, is wrong by construction for a deterministic autoencoder, and not quite right
 * for the aggregate posterior of any: this is the nearest normal distribution to it (KL(q(z) ‖ p(z)) is least).
 */
import { z } from 'zod';
import { fitMixture, type MixtureOptions } from './mixture/fit.js';
import { mixtureModel, requireClasses } from './mixture/model.js';
import { vectorPrior } from './prior.js';

const covariance = () =>
  z.enum(['full', 'diagonal']).default('full').describe('whether coordinates of a code go together');
export const conditional = () =>
  z.boolean().default(false).describe('a distribution for each class of the data, p(z|y)');

const options = z.object({ covariance: covariance(), conditional: conditional() });

/** One component takes one step, and its floor is what float64 needs. */
const CLOSED_FORM = { components: 1, regularisation: 1e-9, restarts: 1, tolerance: 0, iterations: 1 };

export const normal = vectorPrior({
  name: 'normal',
  title: 'Normal',
  paper: 'moment matching',
  objective: 'p(z) = N(z; m, S)',
  summary: 'One normal distribution with the mean and covariance of the codes: at once, and often enough.',
  value: 'density',
  isTrained: false,
  options,
  isConditional: (given) => given.conditional,
  require: (given, codes) => requireClasses(given.conditional, codes),
  build: (codes, given, scope) => mixtureModel(codes, shapeOf({ ...CLOSED_FORM, ...given }), scope),
  fit: (request, given) => fitMixture(request, { ...CLOSED_FORM, ...given }),
});

function shapeOf({ components, covariance, conditional }: MixtureOptions) {
  return { components, covariance, isConditional: conditional };
}
