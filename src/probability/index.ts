/** Distributions and divergences between them. */
export { Bernoulli } from './bernoulli.js';
export { Categorical } from './categorical.js';
export { type Distribution, type DrawOptions, type Reparameterised, sumEvent } from './distribution.js';
export { kl, klPerDimension, sampledKl } from './kl.js';
export { LogCosh, type LogCoshParameters, logCosh } from './logCosh.js';
export { DiscretisedLogistic, type DiscretisedLogisticParameters } from './logistic.js';
export { channelPairs, LogisticMixture, type LogisticMixtureParameters } from './logisticMixture.js';
export { DiagonalNormal, type DiagonalNormalParameters } from './normal.js';
export {
  type ChainDraw,
  type ChainPlace,
  NormalChain,
  type NormalChainDefinition,
  repeatedFor,
} from './normalChain.js';
export { precisionMerge } from './precisionMerge.js';
export { boundedNormalOf, type NormalOutputs, normalOf, residual } from './residualNormal.js';
