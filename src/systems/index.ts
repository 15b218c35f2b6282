/** Systems: every autoencoder by name, and what is needed to write another. */
export { aae } from './aae.js';
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
export { betaTcvae } from './betaTcvae.js';
export { betaVae } from './betaVae.js';
export { bnVae } from './bnVae.js';
export { categoricalVae } from './categoricalVae.js';
export { ciwae } from './ciwae.js';
export { cmma } from './cmma.js';
export { contractiveAe } from './contractiveAe.js';
export { type Corrupted, type CorruptionOptions, corruption, corruptionOptions } from './corruption.js';
export { cvae } from './cvae.js';
export { dae } from './dae.js';
export {
  averagedFrom,
  type Binarisation,
  binarisations,
  type DataDescription,
  describeData,
  KINDS,
  maskAsSeen,
  toAveraged,
} from './description.js';
export { dfcVae } from './dfcVae.js';
export { dipVae } from './dipVae.js';
export { crossEntropy, type DiscriminatorOptions, discriminator, fake, real } from './discriminator.js';
export { disentangledBetaVae } from './disentangledBetaVae.js';
export { OptionError } from './errors.js';
export { factorVae } from './factorVae.js';
export { type GivenNetwork, isGivenNetwork } from './features/given.js';
export { fVae } from './fVae.js';
export { type GaussianVae, gaussianVae, type Heads } from './gaussianVae.js';
export { gradientPenalty } from './gradientPenalty.js';
export { hfvae } from './hfvae.js';
export { hierarchicalVae } from './hierarchicalVae.js';
export { costOfObserved, ObservedOnly, observedOf, withHoles } from './holes.js';
export { hypersphericalVae } from './hypersphericalVae.js';
export { infoVae } from './infoVae.js';
export { iwae } from './iwae.js';
export { jointVae } from './jointVae.js';
export { atTimes, drawTimes, type JumpOptions, type Times } from './jumps.js';
export { kSparseAe } from './kSparseAe.js';
export type { Likelihood, SampleDistribution } from './likelihood.js';
export { chooseLikelihood, type LikelihoodName, likelihoodFor } from './likelihoods.js';
export { logcoshVae } from './logcoshVae.js';
export { miwae } from './miwae.js';
export { msssimVae } from './msssimVae.js';
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
export { piwae } from './piwae.js';
export { pointcloudAe } from './pointcloudAe.js';
export { uniformNats } from './quantisedAutoencoder.js';
export { findSystem, systems } from './registry.js';
export { requireBatch } from './requireBatch.js';
export { rGan } from './rGan.js';
export { type AnnealingOptions, annealed, inSteps, type RampOptions, ramp } from './schedules.js';
export { sparseAe } from './sparseAe.js';
export { stackedDae } from './stackedDae.js';
export { swae } from './swae.js';
export {
  type Batch,
  type Classifier,
  type CodeMap,
  type CodePrior,
  type DiscreteCodes,
  hasDensity,
  indicesName,
  type Model,
  type Observed,
  type QuantisedVectors,
  type Requirements,
  type RollOutOptions,
  requiresEveryLabel,
  requiresLabels,
  type StartFromData,
  type System,
  system,
  type TrainingDefaults,
} from './system.js';
export { type TdNetworkOptions, type TdNetworks, tdNetworks } from './tdNetworks.js';
export { tdVae } from './tdVae.js';
export { type Jump, jumpTerms } from './temporalDifference.js';
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
export { vaeGan } from './vaeGan.js';
export { vqVae } from './vqVae.js';
export { vqVae2 } from './vqVae2.js';
export { waeGan } from './waeGan.js';
export { waeMmd } from './waeMmd.js';
