/** Quantisers: from vectors to entries of codebooks. */
export { finiteScalarQuantiser } from './finiteScalarQuantiser.js';
export { type KMeansOptions, kMeans, nearestCentres } from './kMeans.js';
export type { Choice, Quantised, Quantiser } from './quantiser.js';
export { type ResidualQuantiserOptions, residualQuantiser } from './residualQuantiser.js';
export { type CodebookUpdate, type VectorQuantiserOptions, vectorQuantiser } from './vectorQuantiser.js';
