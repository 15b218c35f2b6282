/** Counter-based random numbers: (seed, stream, step) → the same numbers everywhere. */
export { normalQuantile } from './normal.js';
export { Permutation } from './permutation.js';
export { philoxBlocks } from './philox.js';
export { RandomStream, streamHash } from './stream.js';
