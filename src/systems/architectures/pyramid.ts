/** The levels of a convolutional pyramid: each halves height and width, rounding up, and the way up retraces the sizes. */
import type { Shape } from '../../tensor/index.js';
import type { NetworkOptions } from '../options.js';

export interface Pyramid {
  /** Channels of every level's result, from the picture down. */
  readonly channels: readonly number[];
  /** [height, width] before each level, the picture's own first, and after the last one. */
  readonly sizes: readonly Shape[];
  /** [height, width, channels] after the last level. */
  readonly bottom: Shape;
}

/** Levels stop halving here. */
const SMALLEST_SIDE = 4;

/** With the option's channels, or 32, 32, 64, 64, 64, 128 … for as many levels as it takes to come down to the smallest side. */
export function pyramid([height, width]: Shape, { channels: given }: NetworkOptions): Pyramid {
  const halvings = Math.max(1, Math.ceil(Math.log2(Math.max(height, width) / SMALLEST_SIDE)));
  const usual = (level: number) => (level < 2 ? 32 : level < 5 ? 64 : 128);
  const channels = given ?? Array.from({ length: halvings }, (_, level) => usual(level));
  const sizes: Shape[] = [[height, width]];
  for (const _ of channels) sizes.push(sizes[sizes.length - 1].map((length) => Math.ceil(length / 2)));
  return { channels, sizes, bottom: [...sizes[channels.length], channels[channels.length - 1]] };
}
