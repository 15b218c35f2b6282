/** The check that no option is given in vain. */
import { DataError } from './dataset.js';

/** @throws DataError naming the first option that is set but not among those that `what` reads */
export function requireEffect(name: string, options: object, reads: readonly string[], what: string): void {
  const vain = Object.entries(options).find(
    ([option, value]) => value !== undefined && !reads.includes(option),
  );
  if (vain) throw new DataError(`${name}: the option ${vain[0]} has no effect on ${what}; leave it out`);
}
