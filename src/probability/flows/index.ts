/** Flows, and posteriors made of them. */
export { actNorm } from './actNorm.js';
export { channelPermutation } from './channelPermutation.js';
export { type CouplingOptions, coupling } from './coupling.js';
export { type Flow, type FlowLayer, flowSequence } from './flow.js';
export { type MultiScaleOptions, multiScale } from './multiScale.js';
export { FlowPosterior, type FlowPosteriorParameters } from './posterior.js';
export { squeeze, unsqueeze } from './squeeze.js';
