/** Mixtures of normal distributions, fitted by expectation-maximisation. */
import { z } from 'zod';
import { positiveInteger } from '../systems/index.js';
import { conditionalOption, requireClasses } from './conditional.js';
import { fitMixture } from './mixture/fit.js';
import { mixtureModel } from './mixture/model.js';
import { covarianceOption } from './mixture/options.js';
import { vectorPrior } from './prior.js';

export const gmm = vectorPrior({
  name: 'gmm',
  title: 'Gaussian mixture',
  paper: 'Dempster, Laird & Rubin 1977; on codes, after the fact: Ghosh et al., ICLR 2020, arXiv:1903.12436',
  objective: String.raw`p(z) = \sum_c w_c\, N(z; m_c, S_c)`,
  summary:
    'A mixture of normal distributions, in seconds: what to try first on the codes of any autoencoder.',
  value: 'density',
  isTrained: false,
  options: z.object({
    components: positiveInteger()
      .default(10)
      .describe('components, of each class where there is one for each'),
    covariance: covarianceOption(),
    conditional: conditionalOption(),
    regularisation: z
      .number()
      .nonnegative()
      .default(1e-6)
      .describe('share of the mean variance that is added to every variance'),
    restarts: positiveInteger().default(1).describe('k-means++ starts, of which the likeliest counts'),
    tolerance: z
      .number()
      .nonnegative()
      .default(1e-3)
      .describe('gain of the mean log-likelihood, in nats, below which an iteration is the last'),
    iterations: positiveInteger().default(200).describe('most iterations'),
  }),
  isConditional: ({ conditional }) => conditional,
  require: ({ conditional }, codes) => requireClasses(conditional, codes),
  build: (codes, { components, covariance, conditional }, scope) =>
    mixtureModel(codes, { components, covariance, isConditional: conditional }, scope),
  fit: fitMixture,
});
