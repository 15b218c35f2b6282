/** Class labels: from whatever values name the classes to numbers 0, 1, 2 … and the classes' names. */
import { DataError } from './dataset.js';

export interface ClassLabels {
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
  values: ArrayLike<string | number>,
  known?: readonly string[],
): ClassLabels {
  const found = new Set(Array.from(values, String));
  const classes = known ?? sortedNames(found);
  requireKnown(name, found, classes);
  const index = new Map(classes.map((className, i) => [className, i]));
  return { labels: Int32Array.from(values, (value) => index.get(String(value)) ?? 0), classes };
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
