/** What the sets drawn at random have in common. */
import { DataError } from './dataset.js';

export interface GeneratedOptions {
  /** Number of samples. @default 10000 */
  size?: number;
  /** Seed of the set; it has nothing to do with a training's seed. @default 0 */
  seed?: number;
  /** Of sequences: their length. @default each set's own */
  frames?: number;
  /** Of moving pictures: side of a square. @default '14' */
  imageSize?: string;
  /** Of clouds: their number of points. @default 256 */
  points?: number;
}

/** @throws DataError if it is not a whole number of at least 1 */
export function requireSize(name: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new DataError(`${name}: ${size} is not a number of samples; give a whole number of at least 1`);
  }
}

/** Frames or points of a sample that no memory has room for. */
const LONGEST = 100_000;

/** @throws DataError if it is not a whole number from `least` on, or beyond all reason */
export function requireLength(name: string, option: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least || value > LONGEST)
    throw new DataError(
      `${name}: the option ${option} is a whole number from ${least} to ${LONGEST}, not ${value}`,
    );
}

/** A 32-bit word as a number in (0, 1). */
export const toUniform = (word: number) => (word + 0.5) * 2 ** -32;
