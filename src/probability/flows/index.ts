/** Flows, and posteriors made of them. */
export { actNorm } from './actNorm.js';
export { type AutoregressiveOptions, autoregressive } from './autoregressive.js';
export { batchNormFlow } from './batchNorm.js';
export { channelPermutation } from './channelPermutation.js';
export { type CouplingOptions, coupling } from './coupling.js';
export { FlowDistribution, type FlowDistributionParameters } from './distribution.js';
export { type Flow, type FlowLayer, flowSequence } from './flow.js';
export { type MultiScaleOptions, multiScale } from './multiScale.js';
export { FlowPosterior, type FlowPosteriorParameters } from './posterior.js';
export { squeeze, unsqueeze } from './squeeze.js';
export { inverted, reversal } from './turned.js';
