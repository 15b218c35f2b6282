/** Data sets from what a program has in memory: pixels, and rows of numbers. */
import { classifyArray } from './classes.js';
import { type Column, DataError, type Dataset, type ImageSpec, UNKNOWN } from './dataset.js';
import { memoryDataset } from './memory.js';
import { byteRange, extremesOf, inferRange, type Range, requireRange } from './range.js';

export interface ArrayOptions {
  /** Short, fit for a folder's name. @default 'images' or 'table' */
  name?: string;
  /** Class of each sample, −1 where it is not known: any values where `classes` is not given, else indices into it. */
  labels?: ArrayLike<number | string>;
  /** Names of the classes 0, 1, 2 … @default the values of the labels, sorted */
  classes?: readonly string[];
  /** How you know each sample. @default its index */
  ids?: readonly string[];
  /** How many of the last samples are a test set of its own. */
  testSize?: number;
  notices?: readonly string[];
  /** What tells these data from others. @default a hash of them */
  fingerprint?: string;
}

export interface ImageOptions extends ArrayOptions {
  /**
   * Stored values of black and full intensity. @default for bytes [0, 255], or [0, 1] where none is above 1; for floats
   * whichever of [0, 1], [-1, 1] and [0, 255] the values show
   */
  range?: Range;
}

/**
 * Pictures from their pixels; the number of pictures is how often the shape fits.
 *
 * @param pixels [count, height, width, channels], kept and not copied
 * @throws DataError if the pixels do not fill the shape, one is not finite or outside the range, no range can be
 *   inferred, or labels do not fit
 */
export function fromImages(
  pixels: Uint8Array | Float32Array,
  shape: readonly [height: number, width: number, channels: number],
  options: ImageOptions = {},
): Dataset {
  const { name = 'images' } = options;
  const width = requireSamples(name, pixels.length, shape);
  const sampleOf = (element: number) => Math.floor(element / width);
  if (options.range) requireRange(name, options.range);
  const extremes = extremesOf(name, pixels, sampleOf, options.range);
  const isBytes = pixels instanceof Uint8Array;
  const range = options.range ?? (isBytes ? byteRange(extremes.max) : inferRange(name, extremes));
  const spec: ImageSpec = { kind: 'image', shape, dtype: isBytes ? 'uint8' : 'float32', range };
  return memoryDataset({ ...contentsOf(name, pixels.length / width, options), spec, x: pixels });
}

/**
 * A table from its rows; the number of rows is how often the columns fit.
 *
 * @param values  [rows, columns], kept and not copied: numbers as they are, categories by their index
 * @param columns names of numeric columns, or columns with a type
 * @throws DataError if the values do not fill the columns, a value is not of its column's type, or labels do not fit
 */
export function fromTable(
  values: Float32Array,
  columns: readonly (string | Column)[],
  options: ArrayOptions = {},
): Dataset {
  const { name = 'table' } = options;
  const width = requireSamples(name, values.length, [columns.length]);
  const typed = columns.map((column): Column => {
    if (typeof column === 'string') return { name: column, type: 'numeric' };
    return column.type === 'binary' ? { categories: ['0', '1'], ...column } : column;
  });
  for (let i = 0; i < values.length; i++)
    requireOfType(name, typed[i % width], values[i], Math.floor(i / width));
  const spec = { kind: 'table', shape: [width], dtype: 'float32', columns: typed } as const;
  return memoryDataset({ ...contentsOf(name, values.length / width, options), spec, x: values });
}

function requireSamples(name: string, length: number, shape: readonly number[]): number {
  const width = shape.reduce((product, side) => product * side, 1);
  const shown = `[${shape.join(', ')}]`;
  if (!shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw new DataError(`${name}: ${shown} is not the shape of a sample; lengths are whole numbers from 1`);
  }
  if (length === 0) throw new DataError(`${name}: there are no samples; give at least one`);
  if (length % width !== 0) {
    throw new DataError(`${name}: ${length} values are not a whole number of samples of shape ${shown}`);
  }
  return width;
}

function requireOfType(name: string, column: Column, value: number, row: number): void {
  const { type, categories = [] } = column;
  const isWhole = Number.isInteger(value) && value >= 0;
  if (
    type === 'numeric'
      ? Number.isFinite(value)
      : type === 'count'
        ? isWhole
        : isWhole && value < categories.length
  )
    return;
  const wanted =
    type === 'numeric'
      ? 'a finite number'
      : type === 'count'
        ? 'a whole number from 0'
        : `the index of one of its ${categories.length} categories`;
  throw new DataError(
    `${name}: sample ${row} has ${value} in column '${column.name}' (${type}), which is not ${wanted}`,
  );
}

function contentsOf(name: string, size: number, options: ArrayOptions) {
  const { ids, testSize, notices, fingerprint } = options;
  if (ids && ids.length !== size)
    throw new DataError(`${name}: the number of ids (${ids.length}) is not that of the samples (${size})`);
  return { name, ids, testSize, notices, fingerprint, ...labelsOf(name, size, options) };
}

function labelsOf(name: string, size: number, { labels, classes }: ArrayOptions) {
  if (!labels) return {};
  if (labels.length !== size)
    throw new DataError(
      `${name}: the number of labels (${labels.length}) is not that of the samples (${size})`,
    );
  if (!classes) return classifyArray(name, labels);
  const indices = Int32Array.from(labels, Number);
  const at = indices.findIndex(
    (label, i) => label !== labels[i] || label < UNKNOWN || label >= classes.length,
  );
  if (at >= 0) {
    throw new DataError(
      `${name}: sample ${at} has label ${labels[at]}, which is not the index of one of the ${classes.length} classes`,
    );
  }
  return { labels: indices, classes };
}
