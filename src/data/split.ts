/**
 * Training, validation and test parts. They depend on the size of the data alone, never on a training's seed, so that
 * all runs on the same data are measured on the same samples.
 */
import { Permutation, RandomStream } from '../random/index.js';
import { DataError, type Dataset, type Parts } from './dataset.js';

/** Some samples of a data set, by their position; which ones is computed, not stored. */
export interface Part {
  readonly size: number;
  /** Index in the data set of the sample at a position from 0 to size − 1. */
  at(position: number): number;
}

export interface Split {
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
}

export const TEST_SHARE = 0.1;
/** Of what is left beside the test part. */
export const VALIDATION_SHARE = 0.05;
/** More than this makes an evaluation slower, not better. */
export const LARGEST_PART = 5_000;

/**
 * Data that come in parts keep them. Else the test part is the test set that came with the data, or a tenth of the samples; the validation part is a
 * twentieth of the rest; both at least one sample, and no more than 5,000 where they are drawn.
 *
 * @throws DataError if there are too few samples for three parts
 */
export function splitDataset({
  name,
  size,
  testSize,
  parts,
}: Pick<Dataset, 'name' | 'size' | 'testSize' | 'parts'>): Split {
  if (parts) return inOrder(parts);
  const testCount = testSize ?? share(size, TEST_SHARE);
  const rest = size - testCount;
  const validationCount = share(rest, VALIDATION_SHARE);
  if (testCount < 1 || rest < 2) {
    const found = testSize === undefined ? `${size}` : `${rest} beside the test set of ${testSize}`;
    throw new DataError(
      `${name}: has too few samples (${found}) for a training, a validation and a test part; give more`,
    );
  }
  const drawn = testSize === undefined ? size : rest;
  const shuffled = new Permutation(drawn, new RandomStream(0, 'split'));
  const part = (first: number, count: number): Part => ({
    size: count,
    at: (position) => shuffled.at(first + requirePosition(position, count)),
  });
  const test: Part = { size: testCount, at: (position) => rest + requirePosition(position, testCount) };
  return {
    train: part(0, rest - validationCount),
    validation: part(rest - validationCount, validationCount),
    test: testSize === undefined ? part(rest, testCount) : test,
  };
}

/** Parts that the data came in, one after the other. */
function inOrder({ train, validation, test }: Parts): Split {
  const part = (first: number, count: number): Part => ({
    size: count,
    at: (position) => first + requirePosition(position, count),
  });
  return {
    train: part(0, train),
    validation: part(train, validation),
    test: part(train + validation, test),
  };
}

/** The samples of a part in an order that has nothing to do with that of the data, always the same. */
export function inRandomOrder({ size, at }: Part): Part {
  const order = new Permutation(size, new RandomStream(0, 'order of a part'));
  return { size, at: (position) => at(order.at(position)) };
}

function share(size: number, fraction: number): number {
  return Math.min(LARGEST_PART, Math.max(1, Math.round(size * fraction)));
}

function requirePosition(position: number, size: number): number {
  if (!Number.isInteger(position) || position < 0 || position >= size) {
    throw new RangeError(`there is no position ${position} in a part of ${size} samples`);
  }
  return position;
}
