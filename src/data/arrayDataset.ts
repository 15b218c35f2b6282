/** Arrays in files as data sets: held in memory if they are small, else read a sample at a time from where they are. */
import { type ArrayKind, channelsLast, frameOfLayout, layoutOf } from './arrayLayout.js';
import { fromClouds, fromImages, fromSequences, fromTable } from './arrays.js';
import { type ClassLabels, classifyArray, unknownNotices } from './classes.js';
import type { Sampling } from './clouds/cloud.js';
import { type Column, DataError, type Dataset, type Likeness } from './dataset.js';
import { type Elements, type ElementType, elementBytes, toFloat32 } from './elements.js';
import { storageFor } from './imageStorage.js';
import type { Identity } from './memory.js';
import { positionalDataset } from './positional.js';
import { extremesOf, type Range, requireRange } from './range.js';
import { pictureOf } from './specs.js';
import { countOf, readAll, type StoredArray, showShape } from './storedArray.js';
import { requireWindow, type WindowOptions, windowed, windowLike } from './windows.js';

/** How an array is read, where its shape alone does not say it. */
export interface ArrayReading extends WindowOptions {
  /** Whether the second axis is time, or counts points. @default pictures or a table, by the number of axes */
  kind?: ArrayKind;
  /** Of clouds: their number of points. @default as many as there are */
  points?: number;
  /** Of clouds, how fewer points are chosen. @default 'random' */
  sampling?: Sampling;
}

export interface ArrayDatasetOptions extends ArrayReading {
  /** Class of each sample, as a whole number. */
  labels?: StoredArray;
  /** How many of the last samples are a test set of its own. */
  testSize?: number;
  /** Data that these are to be read like. */
  like?: Likeness;
  /** Stored values of black and full intensity. @default judged by the values */
  range?: Range;
  /** An array of more bytes than this stays in its file. @default 512 MiB */
  cacheBytes?: number;
  notices?: readonly string[];
  /** mask: values may be NaN, which are missing. @default 'refuse' */
  missing?: 'refuse' | 'drop' | 'mask';
  /** Called when the file is not needed any more. */
  release?: () => Promise<void>;
}

/** What a data set holds in memory unless it is told otherwise. */
export const CACHE_BYTES = 2 ** 29;

/** @throws DataError if the array is no samples, holds what is not finite or fits no range, or labels or options do not fit */
export async function arrayDataset(
  array: StoredArray,
  identity: Identity,
  options: ArrayDatasetOptions = {},
): Promise<Dataset> {
  const { stride, kind } = options;
  const isTable = array.shape.length <= 2;
  const window = isTable ? windowLike(options) : options.window;
  requireWindow(array.name, { window, stride });
  if (window === undefined) return wholeArray(array, identity, { ...options, ...kindLike(options) });
  if (kind)
    throw new DataError(`${array.name}: the option kind has no effect beside window; leave one of them out`);
  return windowed(await wholeArray(array, identity, options), { window, stride });
}

/** What other data say about the second axis, where nothing else does. */
function kindLike({ kind, points, like }: ArrayDatasetOptions): Pick<ArrayDatasetOptions, 'kind' | 'points'> {
  if (!like || kind) return { kind, points };
  const { spec } = like;
  if (spec.kind === 'points') return { kind: 'points', points: points ?? spec.shape[0] };
  return { kind: spec.kind === 'sequence' ? 'sequence' : undefined, points };
}

async function wholeArray(
  array: StoredArray,
  identity: Identity,
  options: ArrayDatasetOptions,
): Promise<Dataset> {
  const { cacheBytes = CACHE_BYTES, release = async () => {}, testSize, like } = options;
  const range = options.range ?? (like && pictureOf(like.spec)?.range);
  const { name, type, shape } = array;
  const layout = layoutOf(name, shape, options.kind);
  const frame = frameOfLayout(layout);
  requireRead(name, layout.kind, options);
  if (options.range) {
    requireRange(name, options.range);
    if (frame.kind !== 'image')
      throw new DataError(
        `${name}: the option range has no effect on ${frame.kind === 'table' ? 'a table' : 'clouds of points'}; leave it out`,
      );
  }
  const labels = options.labels && (await readLabels(options.labels, shape[0], like?.classes));
  const notices = [...(options.notices ?? []), ...unknownNotices(labels?.labels, 'label −1')];
  const shared = { ...identity, ...labels, testSize };
  const columns = frame.kind === 'table' ? columnsOf(type, frame.columns) : [];
  const holes = options.missing === 'mask';
  const couldHaveHoles = like === undefined && layout.kind !== 'points';
  const { points, sampling } = options;
  if (countOf(shape) * elementBytes(type) > cacheBytes && !array.fortranOrder) {
    const reading = { columns, range, notices, release, points, sampling, holes, couldHaveHoles };
    return positionalDataset(array, layout, { ...shared, ...reading });
  }
  const values = await readAll(array);
  await release();
  if (layout.kind === 'points') {
    const { points: count, dimensions } = layout;
    const floats = values instanceof Float64Array ? values : toFloat32(name, values);
    return fromClouds(floats, [count, dimensions], { ...shared, notices, points, sampling });
  }
  const width = countOf(shape) / shape[0];
  const sampleOf = (element: number) => Math.floor(element / width);
  const extremes = extremesOf(name, values, sampleOf, {
    range: frame.kind === 'image' ? range : undefined,
    holes,
    couldHaveHoles,
  });
  if (frame.kind !== 'image') {
    const rows = toFloat32(name, values);
    return layout.kind === 'sequence'
      ? fromSequences(rows, [layout.time, columns.length], { ...shared, columns, notices, holes })
      : fromTable(rows, columns, { ...shared, notices, holes });
  }
  const storage = storageFor(name, type, extremes, range);
  const stored = storage.store(values);
  const pixels = frame.channelsFirst ? channelsLast(stored, frame.shape) : stored;
  const asPictures = {
    ...shared,
    range: storage.range,
    holes,
    notices: [...notices, ...storage.notices, ...frame.notices],
  };
  return layout.kind === 'sequence'
    ? fromSequences(pixels, [layout.time, ...frame.shape], asPictures)
    : fromImages(pixels, frame.shape, asPictures);
}

/** @throws DataError naming an option about clouds, where there are none */
function requireRead(name: string, kind: string, { points, sampling }: ArrayDatasetOptions): void {
  if (kind === 'points' || (points === undefined && sampling === undefined)) return;
  const option = points === undefined ? 'sampling' : 'points';
  throw new DataError(
    `${name}: the option ${option} is for clouds of points; leave it out, or say kind=points`,
  );
}

/** Arrays have no names for their columns, so they are numbered. */
function columnsOf(type: ElementType, count: number): Column[] {
  return Array.from({ length: count }, (_, i) =>
    type === 'bool'
      ? { name: String(i), type: 'binary', categories: ['0', '1'] }
      : { name: String(i), type: 'numeric' },
  );
}

/** @throws DataError if the labels are not one whole number a sample */
async function readLabels(array: StoredArray, size: number, known?: readonly string[]): Promise<ClassLabels> {
  const { name, shape } = array;
  if (shape[0] !== size || countOf(shape) !== size) {
    throw new DataError(
      `${name}: labels of shape ${showShape(shape)} do not fit ${size} samples; give one number a sample`,
    );
  }
  const values: Elements = await readAll(array);
  const at = values.findIndex((value) => !Number.isInteger(value));
  if (at >= 0)
    throw new DataError(`${name}: label ${at} is ${values[at]}; labels are whole numbers that name classes`);
  return classifyArray(name, values, known);
}
