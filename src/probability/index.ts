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
  hasParts,
  lengthOf,
  type SampledPrior,
} from './codePriors.js';
export { type Distribution, type DrawOptions, type Reparameterised, sumEvent } from './distribution.js';
export {
  type ImportanceGradient,
  type ImportanceOptions,
  type ImportanceSamples,
  importanceGradients,
  importanceSamples,
  logWeights,
} from './importance.js';
  imq,
  type Kernel,
  medianSquaredDistance,
  mmd,
  multiScale,
  rbf,
  squaredDistances,
} from './kernels.js';
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
export { permuteEachDimension } from './permutation.js';
export { type SlicedOptions, slicedDistance, sphereDirections } from './sliced.js';
export { UniformSphere, unit, VonMisesFisher, type VonMisesFisherParameters } from './vonMisesFisher.js';
