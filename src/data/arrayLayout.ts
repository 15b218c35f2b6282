/**
 * How the axes of an array are read as samples: rows of a table of 1 or 2 axes, pictures of 3 or 4, sequences of pictures
 * of 5. That the second axis is time, or counts the points of clouds, has to be said where it could be anything.
 */
import { DataError } from './dataset.js';
import { countOf, showShape } from './storedArray.js';

export interface ImageLayout {
  readonly kind: 'image';
  /** [height, width, channels] */
  readonly shape: readonly [number, number, number];
  /** Whether the array has [channels, height, width] instead. */
  readonly channelsFirst: boolean;
  /** What the user should know about the reading. */
  readonly notices: readonly string[];
}

export interface TableLayout {
  readonly kind: 'table';
  readonly columns: number;
}

export interface SequenceLayout {
  readonly kind: 'sequence';
  readonly time: number;
  readonly frame: ImageLayout | TableLayout;
}

export interface PointsLayout {
  readonly kind: 'points';
  readonly points: number;
  readonly dimensions: number;
}

export type ArrayLayout = ImageLayout | TableLayout | SequenceLayout | PointsLayout;

/** What the second axis of an array is, where that is not the height of pictures or the columns of a table. */
export type ArrayKind = 'sequence' | 'points';

const MOST_CHANNELS = 4;
/** A picture as narrow as this is probably something else. */
const NARROW = 4;

/** @throws DataError if the shape is that of no samples, or none of the kind */
export function layoutOf(name: string, shape: readonly number[], kind?: ArrayKind): ArrayLayout {
  if (countOf(shape) === 0) {
    throw new DataError(
      `${name}: has shape ${showShape(shape)}, so there are no samples in it; save at least one`,
    );
  }
  if (kind === 'points') return pointsLayout(name, shape);
  if (kind === 'sequence' || shape.length === 5) return sequenceLayout(name, shape);
  return frameLayout(name, shape);
}

function pointsLayout(name: string, shape: readonly number[]): PointsLayout {
  const [, points, dimensions] = shape;
  if (shape.length === 3 && points > 1 && (dimensions === 2 || dimensions === 3))
    return { kind: 'points', points, dimensions };
  throw new DataError(
    `${name}: has shape ${showShape(shape)}; clouds are [count, points, 3] or [count, points, 2], of two points or more`,
  );
}

function sequenceLayout(name: string, shape: readonly number[]): SequenceLayout {
  const [count, time, ...frame] = shape;
  if (shape.length < 3 || shape.length > 5 || time < 2) {
    throw new DataError(
      `${name}: has shape ${showShape(shape)}; sequences are [count, time, features] or [count, time, height, width], or that with channels, of two times or more`,
    );
  }
  return { kind: 'sequence', time, frame: frameLayout(name, [count * time, ...frame]) };
}

/** What the frames of the layout's samples are like: the samples themselves, where they are no sequences. */
export function frameOfLayout(layout: ArrayLayout): ImageLayout | TableLayout | PointsLayout {
  return layout.kind === 'sequence' ? layout.frame : layout;
}

function frameLayout(name: string, shape: readonly number[]): ImageLayout | TableLayout {
  const written = showShape(shape);
  const [, a, b, c] = shape;
  switch (shape.length) {
    case 1:
      return { kind: 'table', columns: 1 };
    case 2:
      return { kind: 'table', columns: a };
    case 3:
      return {
        kind: 'image',
        shape: [a, b, 1],
        channelsFirst: false,
        notices:
          b <= NARROW && a > NARROW
            ? [
                `shape ${written} is read as grey pictures ${b} pixels wide; kind=sequence reads it as ${a} times of ${b} features, kind=points as ${a} points`,
              ]
            : [],
      };
    case 4:
      if (c <= MOST_CHANNELS) return { kind: 'image', shape: [a, b, c], channelsFirst: false, notices: [] };
      if (a <= MOST_CHANNELS) {
        const notice = `shape ${written} is read as [count, channels, height, width]`;
        return { kind: 'image', shape: [b, c, a], channelsFirst: true, notices: [notice] };
      }
  }
  throw new DataError(
    `${name}: has shape ${written}; pictures are [count, height, width], or that with 1 to ${MOST_CHANNELS} channels last or second, tables [rows, columns], and kind=sequence and kind=points read arrays as sequences and clouds`,
  );
}

/** Samples [channels, height, width] as [height, width, channels]. */
export function channelsLast(
  values: Uint8Array | Float32Array,
  [height, width, channels]: readonly [number, number, number],
): Uint8Array | Float32Array {
  const result = values.slice();
  const plane = height * width;
  const sample = plane * channels;
  for (let i = 0; i < values.length; i++) {
    const within = i % sample;
    result[i - within + (within % plane) * channels + Math.floor(within / plane)] = values[i];
  }
  return result;
}
