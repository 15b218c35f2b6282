/** What autoregressive networks over grids answer: all positions at once for training, and one after the other for drawing. */
import type { Shape, Tensor } from '../../tensor/index.js';

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

export interface RowStart extends GridSize {
  /** Number of the row, from 0, int32 scalar. */
  readonly row: Tensor;
  /** [batch, 1, columns or 1, n] */
  readonly condition?: Tensor;
}

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
  memory(batch: number, size: GridSize): Readonly<Record<string, Shape>>;
  /** Begins a row. */
  row(memory: Readonly<Record<string, Tensor>>, start: RowStart): RowPass;
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
