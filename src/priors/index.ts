/** Priors that are fitted on the codes of trained models, and what is needed to write another. */
export { type CodeRows, type CodeValues, codeValues, collectCodes, type FrozenModel } from './codeRows.js';
export { type CodingOptions, decodeIndices, encodeIndices, type IndexModel } from './coding/indexCoder.js';
export {
  type CodeDescription,
  describeGrids,
  describeVectors,
  type GridCodes,
  splitMaps,
  type VectorCodes,
} from './description.js';
export { type FitEvent, type FitOptions, type FittedPrior, fitPrior, requireCodes } from './fit.js';
export { iaf, maf } from './flow.js';
export { gmm } from './gmm.js';
export { latentGan, latentWgan } from './latentGan.js';
export { measurePrior } from './measure.js';
export { neighbours } from './neighbours.js';
export { normal } from './normal.js';
export { pixelcnn } from './pixelcnn.js';
export { pixelsnail } from './pixelsnail.js';
export {
  type Choose,
  type Drawing,
  type FitRequest,
  type GridPrior,
  gridPrior,
  type Prior,
  type PriorModel,
  type VectorPrior,
  vectorPrior,
} from './prior.js';
export { findPrior, priors } from './registry.js';
export { twoStage } from './twoStage.js';
export { unigram } from './unigram.js';
export { ModelWithPrior, type UseOptions, withPrior } from './use.js';
export { vamp } from './vamp.js';
