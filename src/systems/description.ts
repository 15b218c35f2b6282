/**
 * The data as models see it, and the way there and back as part of the graph: samples travel as they are stored.
 *
 *   picture   stored levels → intensities in [0, 1]
 *   table     numeric: standard score · count: standard score of log(1 + x) · binary: 0 or 1 ·
 *             categorical and ordinal: one-hot
 *   sequence  [time, ...frame], frames as pictures or rows of their own
 *   points    as they are
 */
import {
  type Column,
  hasHoles,
  type ImageSpec,
  pictureOf,
  rowOf,
  type SampleSpec,
  type SequenceSpec,
  type TableSpec,
} from '../data/index.js';
import { concat, constant, oneHot, randomUniform, type Shape, split, type Tensor } from '../tensor/index.js';
import { OptionError } from './errors.js';

export interface DataDescription {
  readonly spec: SampleSpec;
  /** Shape of a sample as models see it. */
  readonly shape: Shape;
  /** Of sequences: one frame, as data of its own. */
  readonly frame?: DataDescription;
  /** Number of classes; 0 for data without labels. */
  readonly classes: number;
  /** Whether there are samples whose class is not known. */
  readonly hasUnknown: boolean;
  /** Whether numbers of a sample may be missing: NaN, stored and as models see them. */
  readonly holes: boolean;
  /** Number of training samples. */
  readonly size: number;
  /** Stored samples [batch, ...] → samples as models see them [batch, ...shape]. */
  toModel(stored: Tensor): Tensor;
  /** The way back, in stored units: the nearest level, the likeliest category; float32 [batch, ...]. */
  fromModel(x: Tensor): Tensor;
  /** What objectives are given: samples as models see them, binarised where that was asked for. */
  observe(stored: Tensor): Tensor;
  readonly binarise: Binarisation;
}

export const binarisations = ['none', 'dynamic', 'threshold'] as const;
/**
 * How grey levels become 0 or 1: `dynamic` draws every number with its intensity as the probability, anew in every
 * step; `threshold` asks whether it is above ½.
 */
export type Binarisation = (typeof binarisations)[number];

/** @throws OptionError if there is nothing to binarise */
export function describeData(
  spec: SampleSpec,
  {
    classes = 0,
    hasUnknown = false,
    size,
    binarise = 'none',
  }: { classes?: number; hasUnknown?: boolean; size: number; binarise?: Binarisation },
): DataDescription {
  if (binarise !== 'none' && !pictureOf(spec))
    throw new OptionError('binarise', `has no effect on ${KINDS[spec.kind]}; leave it out`);
  const frame =
    spec.kind === 'sequence'
      ? { frame: describeData(spec.frame, { classes, hasUnknown, size, binarise }) }
      : {};
  const view = viewOf(spec);
  const holes = hasHoles(spec);
  const observe = (stored: Tensor) => binarised(view.toModel(stored), binarise, holes);
  return { spec, classes, hasUnknown, holes, size, binarise, ...frame, ...view, observe };
}

function binarised(x: Tensor, how: Binarisation, holes: boolean): Tensor {
  if (how === 'none') return x;
  const threshold = how === 'dynamic' ? randomUniform('binarise', x.shape) : constant(0.5);
  const levels = x.greater(threshold).cast('float32');
  return holes ? missingWhere(x, levels) : levels;
}

/** A value that does not come from x by arithmetic, which keeps NaN, made NaN where x is: x − x is 0 or NaN. */
const missingWhere = (x: Tensor, value: Tensor) => value.add(x.sub(x));

/** What samples are called in messages. */
export const KINDS: Record<SampleSpec['kind'], string> = {
  image: 'pictures',
  table: 'tables',
  sequence: 'sequences',
  points: 'clouds of points',
};

type View = Pick<DataDescription, 'shape' | 'toModel' | 'fromModel'>;

function viewOf(spec: SampleSpec): View {
  switch (spec.kind) {
    case 'image':
      return imageView(spec);
    case 'table':
      return tableView(spec);
    case 'sequence':
      return sequenceView(spec);
    case 'points':
      return { shape: spec.shape, toModel: (stored) => stored, fromModel: (x) => x };
  }
}

/** Every frame by itself: time is an axis of more samples meanwhile. */
function sequenceView({ shape: [time], frame }: SequenceSpec): View {
  const view = viewOf(frame);
  const eachFrame = (x: Tensor, f: (frames: Tensor) => Tensor) => {
    const [batch, , ...one] = x.shape;
    const y = f(x.reshape([batch * time, ...one]));
    return y.reshape([batch, time, ...y.shape.slice(1)]);
  };
  return {
    shape: [time, ...view.shape],
    toModel: (stored) => eachFrame(stored, view.toModel),
    fromModel: (x) => eachFrame(x, view.fromModel),
  };
}

function imageView({ shape, range: [low, high], dtype }: ImageSpec): View {
  return {
    shape,
    toModel: (stored) =>
      stored
        .cast('float32')
        .sub(low)
        .mul(1 / (high - low)),
    fromModel: (x) => {
      const levels = x
        .clip(0, 1)
        .mul(high - low)
        .add(low);
      return dtype === 'uint8' ? levels.add(0.5).floor() : levels;
    },
  };
}

/** Numbers that a column takes in the model's view. */
export function columnWidth({ type, categories = [] }: Column): number {
  return type === 'categorical' || type === 'ordinal' ? categories.length : 1;
}

function tableView({ columns, holes }: TableSpec): View {
  const widths = columns.map(columnWidth);
  const starts = widths.map((_, i) => widths.slice(0, i).reduce((sum, width) => sum + width, 0));
  return {
    shape: [widths.reduce((sum, width) => sum + width, 0)],
    toModel: (stored) =>
      concat(
        columns.map((column, i) => columnToModel(column, stored.sliceAlong(1, i, i + 1), holes === true)),
      ),
    fromModel: (x) =>
      concat(
        columns.map((column, i) =>
          columnFromModel(column, x.sliceAlong(1, starts[i], starts[i] + widths[i])),
        ),
      ),
  };
}

function columnToModel(column: Column, stored: Tensor, holes: boolean): Tensor {
  switch (column.type) {
    case 'numeric':
      return standardScore(column, stored);
    case 'count':
      return standardScore(column, stored.log1p());
    case 'binary':
      return stored;
    case 'categorical':
    case 'ordinal':
      return holes ? oneHotOrMissing(column, stored) : oneHotOf(column, stored);
  }
}

function oneHotOf(column: Column, stored: Tensor): Tensor {
  return oneHot(stored.reshape([stored.shape[0]]).cast('int32'), columnWidth(column));
}

function oneHotOrMissing(column: Column, stored: Tensor): Tensor {
  // NaN is no whole number on any engine.
  return missingWhere(stored, oneHotOf(column, stored.isFinite().where(stored, 0)));
}

function columnFromModel(column: Column, x: Tensor): Tensor {
  switch (column.type) {
    case 'numeric':
      return fromStandardScore(column, x);
    case 'count':
      return countFromModel(column, x);
    case 'binary':
      return x.greaterEqual(0.5).cast('float32');
    case 'categorical':
    case 'ordinal':
      return x.argMax(-1).cast('float32').expandDims(-1);
  }
}

const standardScore = ({ mean = 0, deviation = 1 }: Column, x: Tensor) => x.sub(mean).mul(1 / deviation);
const fromStandardScore = ({ mean = 0, deviation = 1 }: Column, x: Tensor) => x.mul(deviation).add(mean);

/** The whole number whose logarithm's standard score this is. */
export function countFromModel(column: Column, x: Tensor): Tensor {
  return fromStandardScore(column, x).expm1().max(0).add(0.5).floor();
}

/** Standard score of log(1 + count). */
export function countToModel(column: Column, count: Tensor): Tensor {
  return standardScore(column, count.log1p());
}

/** The number whose logarithm's standard score this is, not rounded. */
const expectedCount = (column: Column, x: Tensor) => fromStandardScore(column, x).expm1();

/**
 * Samples as models see them → as means of them are taken, and back: counts themselves in the place of the standard scores
 * of their logarithms, as the mean of logarithms is not the logarithm of the mean.
 *
 * @param x [..., ...event]
 */
export function toAveraged(spec: SampleSpec, x: Tensor): Tensor {
  return eachCount(spec, x, expectedCount);
}

export function averagedFrom(spec: SampleSpec, mean: Tensor): Tensor {
  return eachCount(spec, mean, countToModel);
}

function eachCount(spec: SampleSpec, x: Tensor, f: (column: Column, x: Tensor) => Tensor): Tensor {
  const columns = rowOf(spec)?.columns ?? [];
  if (!columns.some(({ type }) => type === 'count')) return x;
  const parts = split(x, columns.map(columnWidth));
  return concat(columns.map((column, i) => (column.type === 'count' ? f(column, parts[i]) : parts[i])));
}

/** What is known of samples as models see them, 1 or 0, [count, ...shape], out of what is known of them as they are stored. */
export function maskAsSeen(spec: SampleSpec, observed: Uint8Array): Float32Array {
  const row = rowOf(spec);
  if (!row) return Float32Array.from(observed);
  const widths = row.columns.map(columnWidth);
  const of = widths.flatMap((width, column) => new Array<number>(width).fill(column));
  const rows = observed.length / widths.length;
  return Float32Array.from(
    { length: rows * of.length },
    (_, i) => observed[Math.floor(i / of.length) * widths.length + of[i % of.length]],
  );
}
