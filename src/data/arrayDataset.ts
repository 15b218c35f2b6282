/** Arrays in files as data sets: held in memory if they are small, else read a sample at a time from where they are. */
import { channelsLast, layoutOf } from './arrayLayout.js';
import { fromImages, fromTable } from './arrays.js';
import { type ClassLabels, classifyArray, unknownNotices } from './classes.js';
import { type Column, DataError, type Dataset, type Likeness } from './dataset.js';
import { type Elements, type ElementType, elementBytes, toFloat32 } from './elements.js';
import { storageFor } from './imageStorage.js';
import type { Identity } from './memory.js';
import { positionalDataset } from './positional.js';
import { extremesOf, type Range, requireRange } from './range.js';
import { countOf, readAll, type StoredArray, showShape } from './storedArray.js';

export interface ArrayDatasetOptions {
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
  /** Called when the file is not needed any more. */
  release?: () => Promise<void>;
}

/** What a data set holds in memory unless it is told otherwise. */
export const CACHE_BYTES = 2 ** 29;

/** @throws DataError if the array is no samples, holds what is not finite or fits no range, or labels do not fit */
export async function arrayDataset(
  array: StoredArray,
  identity: Identity,
  options: ArrayDatasetOptions = {},
): Promise<Dataset> {
  const { cacheBytes = CACHE_BYTES, release = async () => {}, testSize, like } = options;
  const range = options.range ?? (like?.spec.kind === 'image' ? like.spec.range : undefined);
  const { name, type, shape } = array;
  const layout = layoutOf(name, shape);
  if (options.range) {
    requireRange(name, options.range);
    if (layout.kind === 'table')
      throw new DataError(`${name}: the option range has no effect on a table; leave it out`);
  }
  const labels = options.labels && (await readLabels(options.labels, shape[0], like?.classes));
  const notices = [...(options.notices ?? []), ...unknownNotices(labels?.labels, 'label −1')];
  const shared = { ...identity, ...labels, testSize };
  const columns = layout.kind === 'table' ? columnsOf(type, layout.columns) : [];
  if (countOf(shape) * elementBytes(type) > cacheBytes && !array.fortranOrder) {
    return positionalDataset(array, layout, { ...shared, columns, range, notices, release });
  }
  const values = await readAll(array);
  await release();
  const width = countOf(shape) / shape[0];
  const isTable = layout.kind === 'table';
  const sampleOf = (element: number) => Math.floor(element / width);
  const extremes = extremesOf(name, values, sampleOf, isTable ? undefined : range);
  if (isTable) return fromTable(toFloat32(name, values), columns, { ...shared, notices });
  const storage = storageFor(name, type, extremes, range);
  const pixels = storage.store(values);
  return fromImages(layout.channelsFirst ? channelsLast(pixels, layout.shape) : pixels, layout.shape, {
    ...shared,
    range: storage.range,
    notices: [...notices, ...storage.notices, ...layout.notices],
  });
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
