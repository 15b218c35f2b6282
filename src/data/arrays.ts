/** Data sets from what a program has in memory: pixels, rows of numbers, sequences of either, and points. */
import { classifyArray } from './classes.js';
import {
  normalised,
  type ResampleOptions,
  resampled,
  type Sampling,
  UnreadableCloud,
} from './clouds/cloud.js';
import {
  type Column,
  DataError,
  type Dataset,
  type ImageSpec,
  type PointsSpec,
  type TableSpec,
  UNKNOWN,
} from './dataset.js';
import { requireLength } from './generatedOptions.js';
import { memoryDataset } from './memory.js';
import { byteRange, extremesOf, inferRange, type Range, requireRange } from './range.js';
import { sequenceOf } from './specs.js';

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
  /** Whether values may be NaN, which are missing. @default false */
  holes?: boolean;
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
  const spec = imageSpecOf(name, pixels, shape, options);
  return memoryDataset({ ...contentsOf(name, pixels.length / width, options), spec, x: pixels });
}

function imageSpecOf(
  name: string,
  pixels: Uint8Array | Float32Array,
  shape: ImageSpec['shape'],
  { range: given, holes = false }: Pick<ImageOptions, 'range' | 'holes'> = {},
): ImageSpec {
  const size = shape[0] * shape[1] * shape[2];
  if (given) requireRange(name, given);
  const extremes = extremesOf(name, pixels, (element) => Math.floor(element / size), {
    range: given,
    holes,
  });
  const isBytes = pixels instanceof Uint8Array;
  const range = given ?? (isBytes ? byteRange(extremes.max) : inferRange(name, extremes));
  return { kind: 'image', shape, dtype: isBytes ? 'uint8' : 'float32', range, ...markOf(holes) };
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
  const spec = tableSpecOf(name, values, columns, options.holes);
  return memoryDataset({ ...contentsOf(name, values.length / width, options), spec, x: values });
}

function tableSpecOf(
  name: string,
  values: Float32Array,
  columns: readonly (string | Column)[],
  holes = false,
): TableSpec {
  const width = columns.length;
  const typed = columns.map((column): Column => {
    if (typeof column === 'string') return { name: column, type: 'numeric' };
    return column.type === 'binary' ? { categories: ['0', '1'], ...column } : column;
  });
  for (let i = 0; i < values.length; i++)
    if (!(holes && Number.isNaN(values[i])))
      requireOfType(name, typed[i % width], values[i], Math.floor(i / width));
  return { kind: 'table', shape: [width], dtype: 'float32', columns: typed, ...markOf(holes) };
}

/** Of a spec, whether values may be NaN. */
export const markOf = (holes: boolean) => (holes ? { holes: true as const } : {});

export interface SequenceOptions extends ImageOptions {
  /** Of sequences of rows: names of numeric columns, or columns with a type. @default numbers from 0 */
  columns?: readonly (string | Column)[];
}

/**
 * Sequences of pictures or rows; the number of sequences is how often the shape fits.
 *
 * @param values [count, time, height, width, channels] or [count, time, columns], kept and not copied
 * @param shape  [time, height, width, channels] or [time, columns]
 * @throws DataError as `fromImages` and `fromTable` do, and if there are fewer than two times
 */
export function fromSequences(
  values: Uint8Array | Float32Array,
  shape: readonly [time: number, ...frame: number[]],
  options: SequenceOptions = {},
): Dataset {
  const { name = 'sequences', columns, ...rest } = options;
  const width = requireSamples(name, values.length, shape);
  const [time, ...frame] = shape;
  if (time < 2) throw new DataError(`${name}: a sequence of ${time} is none; give two times or more`);
  const one = frameSpec(name, values, frame, { columns, range: rest.range, holes: rest.holes });
  const contents = contentsOf(name, values.length / width, rest);
  return memoryDataset({ ...contents, spec: sequenceOf(time, one), x: values });
}

/** What a frame of this shape is, its values checked. */
function frameSpec(
  name: string,
  values: Uint8Array | Float32Array,
  frame: readonly number[],
  { columns, range, holes }: Pick<SequenceOptions, 'columns' | 'range' | 'holes'>,
): ImageSpec | TableSpec {
  const [height, width, channels] = frame;
  if (frame.length === 3) return imageSpecOf(name, values, [height, width, channels], { range, holes });
  if (frame.length === 1 && values instanceof Float32Array)
    return tableSpecOf(name, values, columns ?? Array.from({ length: height }, (_, i) => String(i)), holes);
  throw new DataError(
    `${name}: frames of shape [${frame.join(', ')}] are neither pictures [height, width, channels] nor rows [columns] of float32`,
  );
}

export interface CloudsOptions extends ArrayOptions {
  /** Points of a cloud; fewer are taken, or some repeated. @default as many as there are */
  points?: number;
  /** @default 'random' */
  sampling?: Sampling;
}

/**
 * Clouds of points, centred and scaled into the unit sphere; the number of clouds is how often the shape fits.
 *
 * @param values [count, points, dimensions]
 * @throws DataError if a cloud's points are not finite or all at one place, or the options cannot be met
 */
export function fromClouds(
  values: Float32Array | Float64Array,
  shape: readonly [points: number, dimensions: number],
  options: CloudsOptions = {},
): Dataset {
  const [count, dimensions] = shape;
  const { name = 'clouds', points = count, sampling, ...rest } = options;
  const width = requireSamples(name, values.length, shape);
  requireLength(name, 'points', points, 2);
  const size = values.length / width;
  const x = new Float32Array(size * points * dimensions);
  for (let index = 0; index < size; index++) {
    const own = values.subarray(index * width, (index + 1) * width);
    x.set(preparedCloud(name, own, dimensions, { points, sampling, index }), index * points * dimensions);
  }
  const spec: PointsSpec = { kind: 'points', shape: [points, dimensions], dtype: 'float32' };
  const notices = [...(rest.notices ?? []), ...repeatNotice(count, points)];
  return memoryDataset({ ...contentsOf(name, size, { ...rest, notices }), spec, x });
}

/** @throws DataError naming the sample, if it is no cloud */
export function preparedCloud(
  name: string,
  values: ArrayLike<number>,
  dimensions: number,
  options: ResampleOptions,
): Float32Array {
  try {
    return resampled(normalised(values, dimensions), dimensions, options);
  } catch (error) {
    if (!(error instanceof UnreadableCloud)) throw error;
    throw new DataError(`${name}: sample ${options.index} is no cloud (${error.message}); remove or mend it`);
  }
}

/** What the user should know where clouds have fewer points than are asked for. */
export function repeatNotice(count: number, points: number): string[] {
  return points > count ? [`clouds of ${count} points have some of them again, to make ${points}`] : [];
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
