/** What the sets drawn at random have in common. */
import { DataError } from './dataset.js';

export interface GeneratedOptions {
  /** Number of samples. @default 10000 */
  size?: number;
  /** Seed of the set; it has nothing to do with a training's seed. @default 0 */
  seed?: number;
}

/** @throws DataError if it is not a whole number of at least 1 */
export function requireSize(name: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new DataError(`${name}: ${size} is not a number of samples; give a whole number of at least 1`);
  }
}

/** A 32-bit word as a number in (0, 1). */
export const toUniform = (word: number) => (word + 0.5) * 2 ** -32;
