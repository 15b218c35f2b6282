/** Distributions and divergences between them. */
export {
  type AggregateEstimator,
  type AggregateOptions,
  aggregateEstimators,
  aggregateLogDensity,
  decompose,
  type KlParts,
  logWeightsOf,
  pairwiseLogDensity,
} from './aggregate.js';
export { Bernoulli } from './bernoulli.js';
export { Categorical } from './categorical.js';
export {
  type CodePriorName,
  type CodePriorOptions,
  codePrior,
  codePriorNames,
  codesFrom,
  hasParts,
  lengthOf,
  type SampledPrior,
} from './codePriors.js';
export { type Distribution, type DrawOptions, type Reparameterised, sumEvent } from './distribution.js';
export {
  type AutoregressiveOptions,
  actNorm,
  autoregressive,
  batchNormFlow,
  type CouplingOptions,
  channelPermutation,
  coupling,
  type Flow,
  FlowDistribution,
  type FlowDistributionParameters,
  type FlowLayer,
  FlowPosterior,
  type FlowPosteriorParameters,
  flowSequence,
  inverted,
  type MultiScaleOptions,
  multiScale,
  reversal,
  squeeze,
  unsqueeze,
} from './flows/index.js';
export {
  type ImportanceGradient,
  type ImportanceOptions,
  type ImportanceSamples,
  importanceGradients,
  importanceSamples,
  logWeights,
} from './importance.js';
export {
  imq,
  type Kernel,
  medianSquaredDistance,
  mmd,
  multiScaleKernel,
  rbf,
  squaredDistances,
} from './kernels.js';
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
export { type MixtureScale, NormalMixture, type NormalMixtureParameters } from './normalMixture.js';
export { OneHotCategorical, UniformOneHot } from './oneHotCategorical.js';
export { permuteEachDimension } from './permutation.js';
export { precisionMerge } from './precisionMerge.js';
export { Product } from './product.js';
export { RelaxedOneHot } from './relaxedOneHot.js';
export { boundedNormalOf, type NormalOutputs, normalOf, residual } from './residualNormal.js';
export { type SlicedOptions, slicedDistance, sphereDirections } from './sliced.js';
export { indicesOf, uniformIndices } from './uniformIndices.js';
export { UniformSphere, unit, VonMisesFisher, type VonMisesFisherParameters } from './vonMisesFisher.js';
