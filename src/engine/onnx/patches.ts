/**
 * Convolutions as matrix products, channels last: the inputs under a kernel's taps are laid beside each other, one row
 * for every position of the output (im2col). A row holds the taps in order, and each tap's channels.
 */
import { type Shape, sizeOf } from '../../tensor/index.js';
import type { GraphBuilder } from './builder.js';

export interface Grid {
  readonly kernel: Shape;
  readonly strides: Shape;
  readonly dilations: Shape;
  /** Positions along each axis. */
  readonly out: Shape;
}

/** Zeros before and after each spatial axis of x [batch, ...space, channels]. */
export function padSpace(
  b: GraphBuilder,
  x: string,
  padding: readonly (readonly [number, number])[],
): string {
  if (padding.every(([before, after]) => before === 0 && after === 0)) return x;
  const pads = [0, ...padding.map(([before]) => before), 0, 0, ...padding.map(([, after]) => after), 0];
  return b.node('Pad', [x, b.ints(pads), b.scalar(0)], { mode: 'constant' });
}

/** [batch, ...out, channels] for every tap of the kernel: the inputs that it meets at each position. */
export function taps(b: GraphBuilder, x: string, { kernel, strides, dilations, out }: Grid): string[] {
  const spatial = kernel.map((_, i) => i + 1);
  return indicesOf(kernel).map((tap) => {
    const starts = tap.map((k, i) => k * dilations[i]);
    const ends = starts.map((start, i) => start + (out[i] - 1) * strides[i] + 1);
    return b.node('Slice', [x, b.ints(starts), b.ints(ends), b.ints(spatial), b.ints(strides)]);
  });
}

/** Joins tensors along an axis; one needs no joining. */
export function join(b: GraphBuilder, parts: readonly string[], axis: number): string {
  return parts.length === 1 ? parts[0] : b.node('Concat', parts, { axis });
}

/** [batch · positions, taps · channels]. */
export function patches(b: GraphBuilder, x: string, batch: number, channels: number, grid: Grid): string {
  const beside = join(b, taps(b, x, grid), grid.kernel.length + 1);
  return b.reshape(beside, [batch * sizeOf(grid.out), sizeOf(grid.kernel) * channels]);
}

/** All indices of an array of the shape, in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, length) => all.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}
