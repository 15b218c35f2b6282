/** Systems: every autoencoder by name, and what is needed to write another. */
export { ae } from './ae.js';
export { chooseArchitecture } from './architectures/index.js';
export {
  type Autoencoder,
  type AutoencoderOptions,
  autoencoder,
  autoencoderOptions,
  type CostName,
  costs,
  requireCost,
} from './autoencoder.js';
export { betaVae } from './betaVae.js';
export { cvae } from './cvae.js';
export { type Binarisation, binarisations, type DataDescription, describeData } from './description.js';
export { crossEntropy, type DiscriminatorOptions, discriminator, fake, real } from './discriminator.js';
export { OptionError } from './errors.js';
export { type GaussianVae, gaussianVae, type Heads } from './gaussianVae.js';
export { hierarchicalVae } from './hierarchicalVae.js';
export type { Likelihood, SampleDistribution } from './likelihood.js';
export { chooseLikelihood, type LikelihoodName, likelihoodFor } from './likelihoods.js';
export { nearestName } from './nearestName.js';
export { nvae } from './nvae.js';
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
export {
  allBut,
  inTurn,
  type Moves,
  only,
  optimizerNames,
  type Phase,
  type PhaseOptimizer,
  type Stage,
  stage,
  stageEnds,
  together,
} from './phases.js';
export { findSystem, systems } from './registry.js';
export { requireBatch } from './requireBatch.js';
export { inSteps, type RampOptions, ramp } from './schedules.js';
export {
  type Batch,
  type CodePrior,
  type Model,
  type Requirements,
  requiresLabels,
  type System,
  system,
  type TrainingDefaults,
} from './system.js';
export {
  bound,
  KL,
  penalty,
  RECONSTRUCTION,
  reported,
  type Term,
  type TermExtras,
  type Terms,
  toWeighted,
  type WeightedTerm,
  weighted,
} from './terms.js';
export { vae, vaeModel } from './vae.js';
