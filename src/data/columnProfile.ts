/** What one pass over a column tells about it: counts, extremes, and the values that there are. */
import { type Cell, isDate, isMissing, numberOf } from './cells.js';
import type { CellAt } from './tableSource.js';

/** Different values that are told apart; a column with more is not made of categories. */
export const MOST_VALUES = 4096;

export interface ProfileOptions {
  /** Whether cells are text even where they look like numbers. */
  asText: boolean;
  /** Whether numbers may be ids; if not, they are not kept to be compared. */
  mayBeId: boolean;
}

export class ColumnProfile {
  missing = 0;
  numbers = 0;
  texts = 0;
  dates = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  firstMissing?: CellAt;
  firstText?: CellAt;
  /** First number that is not finite, not whole, below zero. */
  firstInfinite?: CellAt;
  firstFraction?: CellAt;
  firstNegative?: CellAt;
  /** Different values, up to MOST_VALUES + 1 of them. */
  readonly values = new Set<string>();
  /** Every value so far, as long as no two are equal. */
  #seen: Set<string> | undefined = new Set();

  constructor(readonly options: ProfileOptions) {}

  /** Number of cells that are not missing. */
  get count(): number {
    return this.numbers + this.texts;
  }

  get isNumeric(): boolean {
    return this.texts === 0;
  }

  get areAllDifferent(): boolean {
    return this.#seen !== undefined && this.missing === 0;
  }

  observe(cell: Cell, place: number): void {
    if (isMissing(cell)) {
      this.firstMissing ??= { cell, place };
      this.missing++;
      return;
    }
    const number = this.numberOf(cell);
    if (number === undefined) {
      this.firstText ??= { cell, place };
      this.texts++;
      if (isDate(cell)) this.dates++;
    } else this.#observeNumber(number, cell, place);
    this.#observeValue(cell);
  }

  /** What a value is called: one name for 1 and 1.0, unless cells are text. */
  nameOf(cell: Cell): string {
    return String(this.numberOf(cell) ?? cell);
  }

  numberOf(cell: Cell): number | undefined {
    return this.options.asText && typeof cell === 'string' ? undefined : numberOf(cell);
  }

  #observeNumber(number: number, cell: Cell, place: number): void {
    this.numbers++;
    if (!this.options.mayBeId) this.#seen = undefined;
    if (!Number.isFinite(number)) this.firstInfinite ??= { cell, place };
    else if (!Number.isInteger(number)) this.firstFraction ??= { cell, place };
    if (number < 0) this.firstNegative ??= { cell, place };
    if (number < this.min) this.min = number;
    if (number > this.max) this.max = number;
  }

  #observeValue(cell: Cell): void {
    const isFull = this.values.size > MOST_VALUES;
    if (isFull && !this.#seen) return;
    const name = this.nameOf(cell);
    if (!isFull) this.values.add(name);
    if (this.#seen?.has(name)) this.#seen = undefined;
    this.#seen?.add(name);
  }
}
