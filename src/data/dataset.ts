/**
 * What a data set is to the rest of vaekit: samples of one shape, stored as they came, addressed by index.
 */

/** Pictures as [height, width, channels], channels last. */
export interface ImageSpec {
  readonly kind: 'image';
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly dtype: 'uint8' | 'float32';
  /** Stored values that stand for black and full intensity; models see them as 0 and 1. */
  readonly range: readonly [low: number, high: number];
  /** Whether values may be NaN, which are missing. */
  readonly holes?: true;
}

/** What a column holds, which decides how models read it and what they predict. */
export type ColumnType = 'numeric' | 'binary' | 'categorical' | 'count' | 'ordinal';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Names of the values 0, 1, 2 … that the column is stored as; for all types but numeric and count. */
  readonly categories?: readonly string[];
  /** Mean and standard deviation over the training part (of log(1 + x) for counts): models see standard scores. */
  readonly mean?: number;
  readonly deviation?: number;
  /** Cells that were missing where the column was read from. */
  readonly missing?: number;
}

/** Rows of a table, stored as one float32 per column. */
export interface TableSpec {
  readonly kind: 'table';
  readonly shape: readonly [columns: number];
  readonly dtype: 'float32';
  readonly columns: readonly Column[];
  /** Whether values may be NaN, which are missing. */
  readonly holes?: true;
}

/** Clouds of points without an order, brought to one size and place when they are read: centred, within the unit sphere. */
export interface PointsSpec {
  readonly kind: 'points';
  readonly shape: readonly [points: number, dimensions: number];
  readonly dtype: 'float32';
}

/** What follows one another in time, as [time, ...frame]. */
export interface SequenceSpec {
  readonly kind: 'sequence';
  readonly shape: readonly [time: number, ...frame: number[]];
  readonly dtype: 'uint8' | 'float32';
  /** What one frame is, as data of its own. */
  readonly frame: ImageSpec | TableSpec;
}

export type SampleSpec = ImageSpec | TableSpec | SequenceSpec | PointsSpec;

/** The label of a sample whose class is not known. */
export const UNKNOWN = -1;

/** A generative factor that is known for every sample. */
export interface Factor {
  readonly name: string;
  /** Its values, in the order of their index. */
  readonly values: readonly number[];
}

export interface Samples {
  /** [count, ...shape] as stored. */
  readonly x: Uint8Array | Float32Array;
  /** Class of each sample, where the data set has classes; UNKNOWN where that of a sample is not known. */
  readonly labels?: Int32Array;
}

/** Numbers of samples of the parts of data that come in parts: first those for training, last those for testing. */
export interface Parts {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export interface Dataset {
  /** Short, fit for a folder's name. */
  readonly name: string;
  readonly spec: SampleSpec;
  readonly size: number;
  /** Names of the classes 0, 1, 2 … */
  readonly classes?: readonly string[];
  /** Indices of the samples whose class is known, ascending; absent where it is known of all, or there are no classes. */
  readonly labelled?: Uint32Array;
  readonly factors?: readonly Factor[];
  /** Where the last `testSize` samples are a test set that came with the data. */
  readonly testSize?: number;
  /** Where samples of different parts could share something if the parts were drawn at random. */
  readonly parts?: Parts;
  /** What the user should know about how the data was read. */
  readonly notices: readonly string[];
  /** Changes when the data changes: a hash of what it was read from. */
  readonly fingerprint: string;
  /** Samples by index, in the order asked for, in arrays that are the caller's own. */
  read(indices: ArrayLike<number>): Promise<Samples>;
  /** Indices of the factors' values of a sample, in the order of `factors`. */
  factorsOf?(index: number): number[];
  /** How the user knows this sample: a file name, a row's id. */
  idOf(index: number): string;
  close(): Promise<void>;
}

/** What other data must have in common with a data set to be read as it was: by a model that was trained on it, say. */
export type Likeness = Pick<Dataset, 'spec' | 'classes'>;

/** Bad data or a bad option of it, said in one sentence: what was wrong, where, and what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
