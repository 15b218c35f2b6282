/**
 * From a column's cells to its type, and to the numbers that stand for them.
 *
 *   numeric       numbers
 *   count         whole numbers from 0, the largest at most 1,000
 *   binary        two values: two words, or two whole numbers
 *   categorical   words, at most 256 different ones
 *   ordinal       only where the user says so, for words with their order
 *
 * A column that helps no model is left out, and why is told: dates, and words of which nearly every one is different.
 */
import { type Cell, numberOf } from './cells.js';
import { sortedNames } from './classes.js';
import { type ColumnProfile, MOST_VALUES } from './columnProfile.js';
import type { Column, ColumnType, DataError } from './dataset.js';

/** A column's type, `ignore` to leave it out, or the values of an ordinal column from lowest to highest. */
export type TypeOption = ColumnType | 'ignore' | readonly string[];

export interface Feature {
  readonly column: Column;
  /** The number to store for a cell that is not missing. */
  encode(cell: Cell): number;
}

/** Words that are too many to learn a category each. */
const MOST_CATEGORIES = 256;
/** From this many words on, a column in which most rows have their own is text, not categories. */
const FEW_WORDS = 20;
/** The deviation of a Poisson variable is the root of its mean: with larger counts it is sharper than any model. */
const LARGEST_COUNT = 1000;
/** Whole numbers up to here are exact in float32. */
const EXACT_IN_FLOAT32 = 2 ** 24;

/** Makes the error about this column, or about its cell at a place. */
export type Complain = (problem: string, place?: number) => DataError;

/**
 * @param declared a type, or the column as it was in other data
 * @returns the feature, or why the column is left out
 * @throws DataError if cells are not of the declared type, are infinite, or are numbers but for a few
 */
export function featureOf(
  name: string,
  profile: ColumnProfile,
  declared: TypeOption | Column | undefined,
  complain: Complain,
): Feature | { leftOut: string } {
  if (isColumn(declared)) return knownFeature(declared, profile, complain);
  if (declared === 'ignore') return { leftOut: 'as declared' };
  if (profile.count === 0) return { leftOut: 'it is empty' };
  if (declared === undefined) {
    if (profile.isNumeric) return numberFeature(name, profile, inferNumberType(profile), complain);
    return wordFeature(name, profile, complain);
  }
  if (declared === 'numeric' || declared === 'count') return numberFeature(name, profile, declared, complain);
  return categoryFeature(name, profile, declared, complain);
}

/** Whether a declaration is a column as it was in other data. */
export function isColumn(declared: TypeOption | Column | undefined): declared is Column {
  return typeof declared === 'object' && 'name' in declared;
}

function inferNumberType({ values, min, max, firstFraction }: ColumnProfile): 'numeric' | 'count' | 'binary' {
  if (firstFraction) return 'numeric';
  if (values.size === 2) return 'binary';
  return min === 0 && max > 0 && max <= LARGEST_COUNT ? 'count' : 'numeric';
}

function numberFeature(
  name: string,
  profile: ColumnProfile,
  type: 'numeric' | 'count' | 'binary',
  complain: Complain,
): Feature {
  const { firstText, firstInfinite, firstFraction, firstNegative, texts } = profile;
  if (firstText) {
    const problem = `'${firstText.cell}' is not a number (cells that are not: ${texts})`;
    throw complain(`${problem}; mend them, or ${declareOr(name)}`, firstText.place);
  }
  if (firstInfinite) {
    const remedy = 'replace it, or leave the cell empty if the value is unknown';
    throw complain(`'${firstInfinite.cell}' is not finite; ${remedy}`, firstInfinite.place);
  }
  if (type === 'binary') return categoryFeature(name, profile, type, complain);
  const other = type === 'count' ? (firstFraction ?? firstNegative) : undefined;
  if (other) {
    const problem = `'${other.cell}' is not a count, which is a whole number from 0`;
    throw complain(`${problem}; declare the column numeric (types ${name}=numeric)`, other.place);
  }
  return { column: { name, type }, encode: (cell) => profile.numberOf(cell) ?? Number.NaN };
}

function wordFeature(
  name: string,
  profile: ColumnProfile,
  complain: Complain,
): Feature | { leftOut: string } {
  const { values, count, dates, numbers, texts, firstText } = profile;
  if (firstText && numbers > texts) {
    const problem = `'${firstText.cell}' is not a number, as ${numbers} cells of the column are`;
    throw complain(`${problem}; mend it, or ${declareOr(name)}`, firstText.place);
  }
  if (dates === count) return { leftOut: 'it holds dates' };
  if (values.size > MOST_CATEGORIES || (values.size > FEW_WORDS && values.size > count / 2)) {
    const different = values.size > MOST_VALUES ? `more than ${MOST_VALUES}` : values.size;
    return { leftOut: `it is text with ${different} different values; types ${name}=categorical keeps it` };
  }
  return categoryFeature(name, profile, values.size === 2 ? 'binary' : 'categorical', complain);
}

function categoryFeature(
  name: string,
  profile: ColumnProfile,
  declared: 'binary' | 'categorical' | 'ordinal' | readonly string[],
  complain: Complain,
): Feature {
  const [type, order] = typeof declared === 'string' ? [declared, undefined] : ['ordinal' as const, declared];
  const found = sortedNames(profile.values);
  if (found.length > MOST_VALUES) {
    const problem = `it has more than ${MOST_VALUES} different values, too many for ${type}`;
    throw complain(`${problem}; leave it out (types ${name}=ignore)`);
  }
  if (type === 'binary' && found.length > 2) {
    const problem = `it has ${found.length} different values, and binary is for two`;
    throw complain(`${problem}; declare it categorical (types ${name}=categorical)`);
  }
  if (type === 'ordinal' && !order && !found.every((value) => Number.isFinite(Number(value)))) {
    throw complain(
      `its values are words; give them in order, as in types ${name}=${found.slice(0, 3).join(':')}`,
    );
  }
  const categories = order ?? found;
  const unknown = found.find((value) => !categories.includes(value));
  if (unknown !== undefined) {
    throw complain(`its value '${unknown}' is not in the order ${categories.join(':')}; add it there`);
  }
  const index = new Map(categories.map((value, i) => [value, i]));
  return {
    column: { name, type, categories },
    encode: (cell) => index.get(profile.nameOf(cell)) ?? Number.NaN,
  };
}

/** A column of the same type and categories as in other data. */
function knownFeature(
  { name, type, categories = [] }: Column,
  profile: ColumnProfile,
  complain: Complain,
): Feature {
  if (type === 'numeric' || type === 'count') return numberFeature(name, profile, type, complain);
  const index = new Map(categories.map((value, i) => [value, i]));
  const indexOf = (value: string) => index.get(value) ?? index.get(String(numberOf(value) ?? value));
  const unknown = [...profile.values].find((value) => indexOf(value) === undefined);
  if (unknown !== undefined) {
    const known = categories.slice(0, 12).join(', ') + (categories.length > 12 ? ' …' : '');
    throw complain(`its value '${unknown}' is none of ${known}; leave out the rows that have it`);
  }
  return {
    column: { name, type, categories },
    encode: (cell) => indexOf(profile.nameOf(cell)) ?? Number.NaN,
  };
}

const declareOr = (name: string) =>
  `declare the column's type (types ${name}=categorical) or leave it out (types ${name}=ignore)`;

/** What the user should know of a column that is used. */
export function noticeOf(
  { name, type }: Column,
  { values, min, max, firstFraction }: ColumnProfile,
): string | undefined {
  if (values.size === 1) return `column '${name}' has the same value in every row`;
  const isRounded = type === 'numeric' && !firstFraction && Math.max(-min, max) > EXACT_IN_FLOAT32;
  return isRounded
    ? `column '${name}' has whole numbers beyond 2^24, which are rounded to float32`
    : undefined;
}
