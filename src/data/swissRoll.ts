/**
 * Swiss roll: a sheet rolled up in space, the classic of manifold learning. A sample depends on the seed and its own
 * number alone, so a larger set begins with the smaller one.
 *
 *   (t cos t, h, t sin t)    t uniform in [3π/2, 9π/2], h uniform in [0, 21]
 *
 * Source: Tenenbaum, de Silva & Langford, "A global geometric framework for nonlinear dimensionality reduction",
 * Science 290 (2000), in the dimensions usual since.
 */
import { RandomStream } from '../random/index.js';
import { fromTable } from './arrays.js';
import type { Dataset } from './dataset.js';
import { type GeneratedOptions, requireSize, toUniform } from './generatedOptions.js';

const HEIGHT = 21;
const WORDS_PER_SAMPLE = 4;

/** Rows (x, y, z), y along the axis of the roll, without noise. */
export function swissRoll({ size = 10_000, seed = 0 }: GeneratedOptions = {}): Dataset {
  requireSize('swiss-roll', size);
  const words = new RandomStream(seed, 'swiss-roll').words(new Uint32Array(size * WORDS_PER_SAMPLE));
  const values = new Float32Array(size * 3);
  for (let i = 0; i < size; i++) {
    const t = 1.5 * Math.PI * (1 + 2 * toUniform(words[i * WORDS_PER_SAMPLE]));
    const height = HEIGHT * toUniform(words[i * WORDS_PER_SAMPLE + 1]);
    values.set([t * Math.cos(t), height, t * Math.sin(t)], 3 * i);
  }
  return fromTable(values, ['x', 'y', 'z'], {
    name: 'swiss-roll',
    fingerprint: `swiss-roll-1-${size}-${seed}`,
  });
}
