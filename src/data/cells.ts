/** Cells of tables as they are written: which are missing, which are numbers, which are dates. */

/** Text, a number of a typed file, or nothing. Text has no space around it. */
export type Cell = string | number | null;

const missingMarks = new Set(['', 'na', 'n/a', 'nan', 'null', '?']);
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const infinityPattern = /^([+-]?)inf(inity)?$/i;
const datePattern =
  /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[ap]m)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Empty, NA, N/A, NaN, null or ?, in any case. */
export function isMissing(cell: Cell): boolean {
  if (cell === null) return true;
  return typeof cell === 'number' ? Number.isNaN(cell) : missingMarks.has(cell.toLowerCase());
}

/** The number that a cell holds, which may be infinite; undefined if it holds text. */
export function numberOf(cell: Cell): number | undefined {
  if (typeof cell === 'number') return cell;
  if (cell === null) return undefined;
  if (numberPattern.test(cell)) return Number(cell);
  const infinity = infinityPattern.exec(cell);
  if (!infinity) return undefined;
  return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Year, month and day with separators, in any of the usual orders, with or without a time of day. */
export function isDate(cell: Cell): boolean {
  return typeof cell === 'string' && datePattern.test(cell);
}
