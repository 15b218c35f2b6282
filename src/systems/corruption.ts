/**
 * Noise that a denoising autoencoder undoes, x̃ ~ M(x̃|x), fresh for every sample at every step.
 *
 *   masking         round(νn) of a sample's n coordinates become 0
 *   saltAndPepper   round(νn) coordinates become the least or the greatest value, by a fair coin
 *   gaussian        x̃ = x + σε, not clipped
 *
 * Nothing is rescaled by 1/(1 − ν), as dropout would. Source: Vincent et al., JMLR 11, 2010, §4.2.
 */
import { z } from 'zod';
import { pictureOf } from '../data/index.js';
import {
  ones,
  randomNormal,
  randomUniform,
  type Shape,
  type Tensor,
  topKMask,
  zeros,
} from '../tensor/index.js';
import { type DataDescription, KINDS } from './description.js';
import { OptionError } from './errors.js';
import { nonNegative } from './options.js';

const noises = ['masking', 'gaussian', 'saltAndPepper'] as const;

export const corruptionOptions = z.object({
  noise: z
    .enum(noises)
    .default('masking')
    .describe('what spoils the input: entries set to 0, Gaussian noise, or entries set to 0 or 1'),
  level: nonNegative()
    .default(0.25)
    .describe('share of the entries that are spoilt, or the deviation of Gaussian noise'),
  perPixel: z.boolean().default(false).describe('spoil all channels of a pixel alike (pictures only)'),
  independent: z
    .boolean()
    .default(false)
    .describe('choose every entry by itself with probability level, not exactly that share of them'),
});

export type CorruptionOptions = z.output<typeof corruptionOptions>;

export interface Corrupted {
  /** x̃, of x's shape; outside `chosen` bit for bit x. What is missing of x stays so. */
  readonly corrupted: Tensor;
  /** The coordinates J that noise has reached, bool of x's shape. */
  readonly chosen: Tensor;
}

/**
 * The noise that the options describe, for data as models see it.
 *
 * @throws OptionError if the data cannot take such noise, or an option would have no effect
 */
export function corruption(data: DataDescription, options: CorruptionOptions): (x: Tensor) => Corrupted {
  requireFitting(data, options);
  return (x) => {
    const spoilt = corrupt(x, options, 'corruption');
    return data.holes ? { ...spoilt, corrupted: x.isFinite().where(spoilt.corrupted, x) } : spoilt;
  };
}

/**
 * x̃ and where it differs from x.
 *
 * @param x [batch, ...event]; for `saltAndPepper` with values in [0, 1], for `perPixel` with channels last
 * @param stream of the noise: two calls of one stream spoil alike
 */
export function corrupt(
  x: Tensor,
  { noise, level, perPixel, independent }: CorruptionOptions,
  stream: string,
): Corrupted {
  const drawn = perPixel ? [...x.shape.slice(0, -1), 1] : x.shape;
  if (noise === 'gaussian') {
    const epsilon = randomNormal(stream, drawn);
    return { corrupted: x.add(epsilon.mul(level)), chosen: ones(x.shape).greater(0) };
  }
  const mask = independent ? randomUniform(stream, drawn).less(level) : exactly(level, stream, drawn);
  const chosen = mask.broadcastTo(x.shape);
  const coin = () => randomUniform(`${stream} coin`, drawn).less(0.5).cast('float32').broadcastTo(x.shape);
  return { corrupted: chosen.where(noise === 'masking' ? 0 : coin(), x), chosen };
}

/** True at exactly round(νn) of each row's n places, drawn without replacement. */
function exactly(share: number, stream: string, [rows, ...event]: Shape): Tensor {
  const keys = randomUniform(stream, [rows, ...event]).flatten();
  const [, n] = keys.shape;
  const count = Math.round(share * n);
  // Selecting costs time by how many are selected: the smaller part is.
  const fewer = Math.min(count, n - count);
  const mask = fewer === 0 ? zeros(keys.shape) : topKMask(keys, fewer);
  return mask.equal(fewer === count ? 1 : 0).reshape([rows, ...event]);
}

function requireFitting({ spec }: DataDescription, options: CorruptionOptions): void {
  const { noise, level, perPixel, independent } = options;
  if (noise !== 'gaussian' && level > 1) {
    throw new OptionError('level', `is a share of the entries with ${noise} noise; ${level} is more than 1`);
  }
  if (noise === 'gaussian' && independent) {
    throw new OptionError('independent', 'has no effect with gaussian noise, which reaches every entry');
  }
  if (pictureOf(spec)) return;
  const kind = KINDS[spec.kind];
  if (perPixel) throw new OptionError('perPixel', `is for pictures; ${kind} have no pixels, leave it out`);
  if (noise === 'saltAndPepper') {
    throw new OptionError(
      'noise',
      `saltAndPepper sets values to the ends of their range, which ${kind} do not have; use masking or gaussian`,
    );
  }
}
