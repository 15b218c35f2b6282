/** Systems: every autoencoder by name, and what is needed to write another. */
export { ae } from './ae.js';
export { chooseArchitecture } from './architectures/index.js';
export { betaVae } from './betaVae.js';
export { cvae } from './cvae.js';
export { type DataDescription, describeData } from './description.js';
export { OptionError } from './errors.js';
export { type GaussianVae, gaussianVae } from './gaussianVae.js';
export type { Likelihood, SampleDistribution } from './likelihood.js';
export { chooseLikelihood, type LikelihoodName, likelihoodFor } from './likelihoods.js';
export { logcoshVae } from './logcoshVae.js';
export { msssimVae } from './msssimVae.js';
export { nearestName } from './nearestName.js';
export {
  defaultLatent,
  type GaussianVaeOptions,
  gaussianVaeOptions,
  type LikelihoodOptions,
  likelihoodOptions,
  type NetworkOptions,
  networkOptions,
  nonNegative,
  positiveInteger,
  type VaeOptions,
  vaeOptions,
} from './options.js';
export { findSystem, systems } from './registry.js';
export { type Batch, type Model, type System, system } from './system.js';
export {
  KL,
  penalty,
  RECONSTRUCTION,
  type Term,
  type Terms,
  toWeighted,
  type WeightedTerm,
  weighted,
} from './terms.js';
export { vae, vaeModel } from './vae.js';
