/** A table as it is written down: rows of cells, gone through as often as it takes to understand them. */
import type { Cell } from './cells.js';
import { DataError } from './dataset.js';

export interface TableSource {
  /** What messages call it. */
  readonly name: string;
  /** Names of the columns, all different. */
  readonly header: readonly string[];
  /** What rows are counted in, such as `line`. */
  readonly unit: string;
  /** Whether text is text even where it looks like a number. */
  readonly typed: boolean;
  readonly notices: readonly string[];
  /** Visits all rows in order. Each has a cell for every column; `place` counts units from 1. */
  scan(visit: (cells: readonly Cell[], place: number) => void): Promise<void>;
}

/** A cell and where it stands. */
export interface CellAt {
  readonly cell: Cell;
  readonly place: number;
}

/** The error about a column, or about its cell at a place. */
export function columnError(
  { name, unit }: TableSource,
  column: string,
  problem: string,
  place?: number,
): DataError {
  const where = place === undefined ? '' : `, ${unit} ${place}`;
  return new DataError(`${name}${where}, column '${column}': ${problem}`);
}
