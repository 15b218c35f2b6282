/** Distributions and divergences between them. */
export { Bernoulli } from './bernoulli.js';
export { Categorical } from './categorical.js';
export { type Distribution, type DrawOptions, type Reparameterised, sumEvent } from './distribution.js';
export {
  actNorm,
  type CouplingOptions,
  channelPermutation,
  coupling,
  type Flow,
  type FlowLayer,
  FlowPosterior,
  type FlowPosteriorParameters,
  flowSequence,
  type MultiScaleOptions,
  multiScale,
  squeeze,
  unsqueeze,
} from './flows/index.js';
export { kl, klPerDimension, sampledKl } from './kl.js';
export { LogCosh, type LogCoshParameters, logCosh } from './logCosh.js';
export { DiscretisedLogistic, type DiscretisedLogisticParameters } from './logistic.js';
export { DiagonalNormal, type DiagonalNormalParameters } from './normal.js';
export { UniformSphere, unit, VonMisesFisher, type VonMisesFisherParameters } from './vonMisesFisher.js';
