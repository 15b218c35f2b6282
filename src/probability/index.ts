/** Distributions and divergences between them. */
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
  imq,
  type Kernel,
  medianSquaredDistance,
  mmd,
  multiScale,
  rbf,
  squaredDistances,
} from './kernels.js';
export { kl, klPerDimension, sampledKl } from './kl.js';
export { LogCosh, type LogCoshParameters, logCosh } from './logCosh.js';
export { DiscretisedLogistic, type DiscretisedLogisticParameters } from './logistic.js';
export { DiagonalNormal, type DiagonalNormalParameters } from './normal.js';
export { type SlicedOptions, slicedDistance, sphereDirections } from './sliced.js';
