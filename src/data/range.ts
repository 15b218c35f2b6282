/** Which stored values stand for black and full intensity, judged by the values themselves. */
import { DataError } from './dataset.js';

export type Range = readonly [low: number, high: number];

/** Smallest and largest value. */
export interface Extremes {
  readonly min: number;
  readonly max: number;
}

/** Levels that reach this far are of 256; below, they could be percentages or anything else. */
const CLEARLY_LEVELS = 128;

/** Bytes of 0 and 1 are binary pictures, all others have 256 levels. */
export function byteRange(max: number): Range {
  return max <= 1 ? [0, 1] : [0, 255];
}

/** @throws DataError asking for `range` where the values fit no common one */
export function inferRange(name: string, { min, max }: Extremes): Range {
  if (min >= 0 && max <= 1) return [0, 1];
  if (min >= -1 && max <= 1) return [-1, 1];
  if (min >= 0 && max <= 255 && max >= CLEARLY_LEVELS) return [0, 255];
  throw new DataError(
    `${name}: pixels go from ${min} to ${max}, which is none of [0, 1], [-1, 1] and [0, 255]; say with the option range what is black and what is full intensity`,
  );
}

/** @throws DataError if it is not two finite numbers, the lower one first */
export function requireRange(name: string, [low, high]: Range): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new DataError(`${name}: range ${low},${high} is not a lower number and a higher one`);
  }
}

/** What values may be. */
export interface ValueRules {
  /** @default any that is finite */
  readonly range?: Range;
  /** Whether values may be NaN, which are missing. @default false */
  readonly holes?: boolean;
  /** Whether to say how NaN could be kept: where samples are read for the first time, and not like those of a run. @default false */
  readonly couldHaveHoles?: boolean;
}

/**
 * Smallest and largest of the values of samples, all of which must be finite and within the range, if one is known.
 *
 * @param sampleOf number of the sample that an element belongs to
 * @throws DataError naming the first sample with another value
 */
export function extremesOf(
  name: string,
  values: ArrayLike<number>,
  sampleOf: (element: number) => number,
  {
    range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    holes = false,
    couldHaveHoles = false,
  }: ValueRules = {},
): Extremes {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (holes && Number.isNaN(value)) continue;
    if (!Number.isFinite(value)) {
      const keep = couldHaveHoles && Number.isNaN(value) ? 'keep it as missing with --missing mask, or ' : '';
      throw new DataError(
        `${name}: sample ${sampleOf(i)} has the value ${value}; ${keep}remove or mend the sample`,
      );
    }
    if (value < range[0] || value > range[1]) {
      throw new DataError(
        `${name}: sample ${sampleOf(i)} has the value ${value}, outside the range from ${range[0]} to ${range[1]}; give a wider range`,
      );
    }
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
