/**
 * The auction behind the operation `assignment`: a one-to-one matching whose cost is almost the least. Its steps are a part of
 * the operation's definition (tensor/ops/assignment.ts), so that every engine finds the same matching.
 *
 * Source: Bertsekas 1988, "The auction algorithm", Annals of Operations Research 14, with ε-scaling.
 */

/** Of the costs' spread and for each row: the least raise that double precision still tells from none. */
const LEAST_RAISE = 2 ** -48;

/**
 * @param cost      row-major [n, n]
 * @param tolerance last raise ε as a part of (mean cost − least cost); the sum is at most n ε above the least
 * @returns         the column of each row
 */
export function auction(cost: ArrayLike<number>, n: number, tolerance: number): Int32Array {
  const columns = Int32Array.from({ length: n }, (_, i) => i);
  let [least, largest, sum] = [Infinity, -Infinity, 0];
  for (let i = 0; i < n * n; i++) {
    if (!Number.isFinite(cost[i])) return columns;
    least = Math.min(least, cost[i]);
    largest = Math.max(largest, cost[i]);
    sum += cost[i];
  }
  const spread = largest - least;
  if (!(spread > 0 && spread < Infinity)) return columns;
  const last = Math.max(tolerance * (sum / (n * n) - least), spread * n * LEAST_RAISE);
  const prices = new Float64Array(n);
  const holders = new Int32Array(n);
  for (let raise = Math.max(spread / 4, last); ; raise = Math.max(raise / 4, last)) {
    sell(cost, n, raise, prices, holders);
    if (raise <= last) break;
  }
  for (let j = 0; j < n; j++) columns[holders[j]] = j;
  return columns;
}

/** One phase: from nobody holding anything to everybody holding one column. */
function sell(
  cost: ArrayLike<number>,
  n: number,
  raise: number,
  prices: Float64Array,
  holders: Int32Array,
): void {
  holders.fill(-1);
  const waiting = Int32Array.from({ length: n }, (_, i) => n - 1 - i);
  for (let count = n; count > 0; ) {
    const row = waiting[--count];
    let [best, first, second] = [0, Infinity, Infinity];
    for (let j = 0; j < n; j++) {
      const price = cost[row * n + j] + prices[j];
      if (price < first) {
        second = first;
        first = price;
        best = j;
      } else if (price < second) second = price;
    }
    prices[best] += second - first + raise;
    if (holders[best] >= 0) waiting[count++] = holders[best];
    holders[best] = row;
  }
}
