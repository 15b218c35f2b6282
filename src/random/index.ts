/** Counter-based random numbers: (seed, stream, step) → the same numbers everywhere. */
export { normalQuantile } from './normal.js';
export { Permutation } from './permutation.js';
export { philoxBlocks } from './philox.js';
export { HashedStream, RandomStream, streamHash, wordsOf } from './stream.js';
