/**
 * Noisy harmonic oscillators: what is seen of each is its position, with noise. A sample depends on the seed and its own
 * number alone, so a larger set begins with the smaller one.
 *
 *   [p; v] ← R(ω) [p; v] + N(0, 0.02² I)     ω uniform in [0.1, 0.5] radians a step, R(ω) a rotation
 *   x = p + N(0, 0.1²)                        amplitude uniform in [0.5, 1.5], phase uniform
 *
 * After every step the amplitude √(p² + v²) is brought back to within a tenth of what it began with.
 *
 * Source: Gregor et al. 2019, "Temporal difference variational auto-encoder" (arXiv:1806.03107), §5.3, which gives no
 * numbers; these are our own.
 */
import { RandomStream } from '../random/index.js';
import { fromSequences } from './arrays.js';
import type { Dataset } from './dataset.js';
import { type GeneratedOptions, requireLength, requireSize } from './generatedOptions.js';

const FREQUENCIES = [0.1, 0.5] as const;
const AMPLITUDES = [0.5, 1.5] as const;
const PROCESS_NOISE = 0.02;
const OBSERVATION_NOISE = 0.1;
const AMPLITUDE_TOLERANCE = 0.1;
const DEFAULT_FRAMES = 60;

/** Sequences [frames, 1] of the column `position`. */
export function oscillator({
  size = 10_000,
  seed = 0,
  frames = DEFAULT_FRAMES,
}: Pick<GeneratedOptions, 'size' | 'seed' | 'frames'> = {}): Dataset {
  requireSize('oscillator', size);
  requireLength('oscillator', 'frames', frames, 2);
  const constants = new RandomStream(seed, 'oscillator');
  const noise = new RandomStream(seed, 'oscillator noise');
  const values = new Float32Array(size * frames);
  const normals = new Float32Array(3 * frames);
  const uniforms = new Float32Array(3);
  for (let i = 0; i < size; i++) {
    const [a, b, c] = constants.uniform(uniforms, i);
    const frequency = FREQUENCIES[0] + (FREQUENCIES[1] - FREQUENCIES[0]) * a;
    const amplitude = AMPLITUDES[0] + (AMPLITUDES[1] - AMPLITUDES[0]) * b;
    const start = {
      position: amplitude * Math.cos(2 * Math.PI * c),
      velocity: amplitude * Math.sin(2 * Math.PI * c),
    };
    noise.normal(normals, i);
    values.set(positions(start, { frequency, amplitude, normals, frames }), i * frames);
  }
  return fromSequences(values, [frames, 1], {
    name: 'oscillator',
    columns: ['position'],
    fingerprint: `oscillator-1-${size}-${seed}-${frames}`,
  });
}

interface Course {
  readonly frequency: number;
  readonly amplitude: number;
  /** Three for each frame: two of the process, one of the observation. */
  readonly normals: Float32Array;
  readonly frames: number;
}

function positions(
  { position, velocity }: { position: number; velocity: number },
  { frequency, amplitude, normals, frames }: Course,
): Float32Array {
  const [cosine, sine] = [Math.cos(frequency), Math.sin(frequency)];
  let [p, v] = [position, velocity];
  const seen = new Float32Array(frames);
  for (let t = 0; t < frames; t++) {
    const [forP, forV, forX] = normals.subarray(3 * t, 3 * t + 3);
    if (t > 0) {
      [p, v] = [cosine * p + sine * v + PROCESS_NOISE * forP, cosine * v - sine * p + PROCESS_NOISE * forV];
      const ratio = Math.hypot(p, v) / amplitude;
      const kept = Math.max(1 - AMPLITUDE_TOLERANCE, Math.min(1 + AMPLITUDE_TOLERANCE, ratio)) / ratio;
      [p, v] = [kept * p, kept * v];
    }
    seen[t] = p + OBSERVATION_NOISE * forX;
  }
  return seen;
}
