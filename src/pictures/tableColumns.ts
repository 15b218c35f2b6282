/** Tables as figures take them: rows of numbers, and which columns a figure shows. */
import type { Column } from '../data/index.js';

export interface TableRows {
  readonly columns: readonly Column[];
  /** [rows, columns] in stored units: categories as their numbers. NaN is a missing value. */
  readonly data: ArrayLike<number>;
}

/** Names of categories are cut to this width. */
export const WIDEST_CATEGORY = 64;
/** A figure shows at most so many columns. */
export const MOST_COLUMNS = 24;

/** @throws RangeError if a table has other columns than the first, or no rows, or a part of one */
export function requireSameColumns(caller: string, tables: readonly TableRows[]): void {
  const [first] = tables;
  if (first === undefined) throw new RangeError(`${caller}: there is no table to show; give at least one`);
  const width = first.columns.length;
  for (const { columns, data } of tables) {
    if (columns.length !== width) {
      throw new RangeError(
        `${caller}: tables of ${width} and ${columns.length} columns; give the same columns`,
      );
    }
    if (data.length === 0 || data.length % width !== 0) {
      throw new RangeError(`${caller}: ${data.length} values are no rows of ${width} columns`);
    }
  }
}

/** The values of one column, row by row. */
export function columnValues({ columns, data }: TableRows, at: number): Float64Array {
  return Float64Array.from(
    { length: data.length / columns.length },
    (_, row) => data[row * columns.length + at],
  );
}

/** Names of the values that a column counts; undefined for quantities. */
export function categoriesOf({ type, categories = [] }: Column): readonly string[] | undefined {
  if (type === 'numeric' || type === 'count') return undefined;
  return categories.length > 0 ? categories : ['0', '1'];
}

/** Says how many columns there are where not all are shown. */
export function columnsCaption(columns: readonly Column[]): string {
  return columns.length > MOST_COLUMNS ? `The first ${MOST_COLUMNS} of ${columns.length} columns.` : '';
}
