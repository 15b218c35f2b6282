/** How the axes of an array are read as samples: pictures of 3 or 4 axes, rows of a table of 1 or 2. */
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

export type ArrayLayout = ImageLayout | TableLayout;

const MOST_CHANNELS = 4;

/** @throws DataError if the shape is that of no samples */
export function layoutOf(name: string, shape: readonly number[]): ArrayLayout {
  const written = showShape(shape);
  if (countOf(shape) === 0) {
    throw new DataError(`${name}: has shape ${written}, so there are no samples in it; save at least one`);
  }
  const [, a, b, c] = shape;
  switch (shape.length) {
    case 1:
      return { kind: 'table', columns: 1 };
    case 2:
      return { kind: 'table', columns: a };
    case 3:
      return { kind: 'image', shape: [a, b, 1], channelsFirst: false, notices: [] };
    case 4:
      if (c <= MOST_CHANNELS) return { kind: 'image', shape: [a, b, c], channelsFirst: false, notices: [] };
      if (a <= MOST_CHANNELS) {
        const notice = `shape ${written} is read as [count, channels, height, width]`;
        return { kind: 'image', shape: [b, c, a], channelsFirst: true, notices: [notice] };
      }
  }
  throw new DataError(
    `${name}: has shape ${written}; pictures are [count, height, width], or that with 1 to ${MOST_CHANNELS} channels last or second, and tables [rows, columns]`,
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
