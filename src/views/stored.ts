/** Samples in stored units as pictures can be drawn from them. */
import type { ImageSpec, Samples, TableSpec } from '../data/index.js';
import type { Pictures, TableRows } from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';

type Stored = Samples['x'];

/** Stored levels as intensities from 0 to 1. */
export function asPictures({ shape, range: [low, high] }: ImageSpec, x: Stored): Pictures {
  const [height, width, channels] = shape;
  const data = Float32Array.from(x, (value) => (value - low) / (high - low));
  return { data, shape: [x.length / sizeOf(shape), height, width, channels] };
}

export function asRows({ columns }: TableSpec, data: Stored): TableRows {
  return { columns, data };
}
