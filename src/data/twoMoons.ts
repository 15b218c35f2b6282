/**
 * Two moons: two half circles in the plane that reach into each other, with normal noise. A sample depends on the seed
 * and its own number alone, so a larger set begins with the smaller one.
 *
 *   upper (cos t, sin t)    lower (1 − cos t, ½ − sin t)    t uniform in [0, π]
 */
import { normalQuantile, RandomStream } from '../random/index.js';
import { fromTable } from './arrays.js';
import type { Dataset } from './dataset.js';
import { type GeneratedOptions, requireSize, toUniform } from './generatedOptions.js';

const NOISE = 0.1;
const WORDS_PER_SAMPLE = 4;

/** Rows (x, y) with noise of standard deviation 0.1; even ones are of the upper moon, odd ones of the lower. */
export function twoMoons({ size = 10_000, seed = 0 }: GeneratedOptions = {}): Dataset {
  requireSize('two-moons', size);
  const words = new RandomStream(seed, 'two-moons').words(new Uint32Array(size * WORDS_PER_SAMPLE));
  const values = new Float32Array(size * 2);
  for (let i = 0; i < size; i++) {
    const [u, v, w] = Array.from(words.subarray(i * WORDS_PER_SAMPLE, (i + 1) * WORDS_PER_SAMPLE), toUniform);
    const t = Math.PI * u;
    const [x, y] = i % 2 === 0 ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
    values[2 * i] = x + NOISE * normalQuantile(v);
    values[2 * i + 1] = y + NOISE * normalQuantile(w);
  }
  return fromTable(values, ['x', 'y'], {
    name: 'two-moons',
    labels: Int32Array.from({ length: size }, (_, i) => i % 2),
    classes: ['upper', 'lower'],
    fingerprint: `two-moons-1-${size}-${seed}`,
  });
}
