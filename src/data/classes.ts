/** Class labels: from whatever values name the classes to numbers 0, 1, 2 … and the classes' names. */
import { DataError, UNKNOWN } from './dataset.js';

export interface ClassLabels {
  /** UNKNOWN where there is no value. */
  readonly labels: Int32Array;
  /** Name of each class; in the order of the numbers where all names are numbers, else of the alphabet. */
  readonly classes: readonly string[];
}

/**
 * @param known the classes, where they are given; else they are the values, sorted
 * @throws DataError naming a value that is none of the known classes
 */
export function classify(
  name: string,
  values: ArrayLike<string | number | undefined>,
  known?: readonly string[],
): ClassLabels {
  const found = new Set(Array.from(values).flatMap((value) => (value === undefined ? [] : [String(value)])));
  const classes = known ?? sortedNames(found);
  requireKnown(name, found, classes);
  const index = new Map(classes.map((className, i) => [className, i]));
  const labels = Int32Array.from(values, (value) => index.get(String(value)) ?? UNKNOWN);
  return { labels, classes };
}

/**
 * Labels of which −1 says that the class is not known, as is usual in arrays, where no cell can be empty. Where there is
 * nothing but −1 and 1, or −1 is one of the known classes, it is a class like any other.
 *
 * @throws DataError naming a value that is none of the known classes
 */
export function classifyArray(
  name: string,
  values: ArrayLike<string | number>,
  known?: readonly string[],
): ClassLabels {
  const unknown = String(UNKNOWN);
  const found = new Set(Array.from(values, String));
  const isClass = known ? known.includes(unknown) : [...found].every((value) => /^-?1$/.test(value));
  if (isClass) return classify(name, values, known);
  return classify(
    name,
    Array.from(values, (value) => (String(value) === unknown ? undefined : value)),
    known,
  );
}

/** Indices of the samples whose class is known, if it is not known of all. */
export function labelledOf(labels: Int32Array | undefined): Uint32Array | undefined {
  if (!labels?.includes(UNKNOWN)) return undefined;
  return Uint32Array.from(labels.keys()).filter((index) => labels[index] !== UNKNOWN);
}

/** What to tell the user of samples whose class is not known. @param because how one can see that it is not */
export function unknownNotices(labels: Int32Array | undefined, because: string): string[] {
  const labelled = labelledOf(labels);
  if (!labels || !labelled) return [];
  const count = labels.length - labelled.length;
  return [`the class of ${count} of ${labels.length} samples is not known (${because})`];
}

/** @throws DataError naming a value that is none of the classes */
export function requireKnown(name: string, values: Iterable<string>, classes: readonly string[]): void {
  const unknown = [...values].find((value) => !classes.includes(value));
  if (unknown === undefined) return;
  const shown = classes.slice(0, 12).join(', ') + (classes.length > 12 ? ' …' : '');
  throw new DataError(
    `${name}: the class '${unknown}' is none of ${shown}; leave out the samples that have it`,
  );
}

/** Names in the order of their numbers where all are numbers, else by code point. */
export function sortedNames(names: Iterable<string>): string[] {
  const list = [...names];
  const areNumbers = list.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  return areNumbers ? list.sort((a, b) => Number(a) - Number(b)) : list.sort(byCodePoint);
}

/** The order that does not depend on anybody's language. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
