/** Work on many files, several at a time. */
import { availableParallelism } from 'node:os';

/** Files at work at once: enough to keep disk and cores busy, few enough to bound memory and open files. */
const AT_ONCE = 2 * availableParallelism();

/** What `f` gives for each item, in the items' order. The first failure ends the work. */
export async function inTurns<T, R>(
  items: readonly T[],
  f: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = await f(items[index], index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
