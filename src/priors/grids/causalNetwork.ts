/** What autoregressive networks over grids answer: all positions at once for training, and one after the other for drawing. */
import { fanInUniform, filled, type Layer, onFirst } from '../../nn/index.js';
import type { Shape, Tensor } from '../../tensor/index.js';

/**
 * A network over grids in raster order, row by row: its features at a position depend on the inputs at positions before
 * it, and on no others. Both ways of running it share their weights and give the same numbers.
 */
export interface CausalNetwork {
  /**
   * Features of all positions, [batch, rows, columns, channels].
   *
   * @param x         inputs, [batch, rows, columns, inputs]
   * @param condition what all of a position may know, [batch, rows or 1, columns or 1, n]
   */
  grid(x: Tensor, condition?: Tensor): Tensor;
  /** What a row leaves behind for those below it, all zeros above the first. */
  memory(batch: number, columns: number): Readonly<Record<string, Shape>>;
  /** Begins a row, whose condition is [batch, 1, columns or 1, n]. */
  row(memory: Readonly<Record<string, Tensor>>, columns: number, condition?: Tensor): RowPass;
}

/** One row, drawn from left to right. */
export interface RowPass {
  /**
   * Features of the next column, [batch, 1, 1, channels].
   *
   * @param before the input at the column before it, [batch, 1, 1, inputs]; undefined for the first
   */
  next(before: Tensor | undefined): Tensor;
  /** What the row leaves behind, given its last input. */
  end(last: Tensor): Record<string, Tensor>;
}

export interface PatchOptions {
  readonly filters: number;
  readonly kernel: readonly [rows: number, columns: number];
}

/** A convolution that says where its zeros are at every call: [batch, ...space, channels] → [batch, ...out, filters]. */
export type Patches = (
  x: Tensor,
  padding: readonly [readonly [number, number], readonly [number, number]],
) => Tensor;

/** Layers need no padding of their own here: the same weights meet a whole grid, a row, and a single position. */
export function patches({ filters, kernel }: PatchOptions): (scope: Parameters<Layer>[0]) => Patches {
  return (scope) => {
    const parameters = onFirst((x) => ({
      weight: scope.variable('weight', [...kernel, x.shape[x.rank - 1], filters], fanInUniform),
      bias: scope.variable('bias', [filters], filled(0)),
    }));
    return (x, padding) => {
      const { weight, bias } = parameters(x);
      return x.conv(weight, { strides: [1, 1], dilations: [1, 1], padding, groups: 1 }).add(bias);
    };
  };
}

export const NONE = [
  [0, 0],
  [0, 0],
] as const;
