/**
 * The cheapest one-to-one matching, exactly: rows are given columns one after the other, each along the shortest way on which
 * rows that have one pass theirs on.
 *
 * Source: Jonker & Volgenant 1987, "A shortest augmenting path algorithm for dense and sparse linear assignment problems",
 * Computing 38: column reduction, then augmentation.
 */

/**
 * Column of each row in the cheapest matching, in at most some n³ steps.
 *
 * @param cost row-major [n, n], finite
 * @throws RangeError naming a cost that is not finite
 */
export function exactAssignment(cost: ArrayLike<number>, n: number): Int32Array {
  for (let i = 0; i < n * n; i++) {
    if (!Number.isFinite(cost[i]))
      throw new RangeError(`exactAssignment: cost ${cost[i]} of row ${Math.floor(i / n)} is not finite`);
  }
  const columns = new Int32Array(n).fill(-1);
  const rows = new Int32Array(n).fill(-1);
  const prices = reduceColumns(cost, n, columns, rows);
  const search = new Search(n);
  for (let row = 0; row < n; row++) if (columns[row] < 0) search.augment(cost, row, prices, columns, rows);
  return columns;
}

/** Gives each column to the first row to which it is cheapest and that has none, and takes that cost as its price. */
function reduceColumns(
  cost: ArrayLike<number>,
  n: number,
  columns: Int32Array,
  rows: Int32Array,
): Float64Array {
  const prices = new Float64Array(n).fill(Infinity);
  const cheapest = new Int32Array(n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const each = cost[row * n + column];
      if (each >= prices[column]) continue;
      prices[column] = each;
      cheapest[column] = row;
    }
  }
  for (let column = 0; column < n; column++) {
    const row = cheapest[column];
    if (columns[row] >= 0) continue;
    columns[row] = column;
    rows[column] = row;
  }
  return prices;
}

/** Dijkstra's search over reduced costs c − u − v ≥ 0, with its lists kept from one row to the next. */
class Search {
  readonly #distances: Float64Array;
  readonly #from: Int32Array;
  /** Columns: first those whose distance is final, then those that are left. */
  readonly #order: Int32Array;

  constructor(readonly n: number) {
    this.#distances = new Float64Array(n);
    this.#from = new Int32Array(n);
    this.#order = new Int32Array(n);
  }

  /** Gives a row a column, along the shortest way from it to a column that nobody has. */
  augment(
    cost: ArrayLike<number>,
    start: number,
    prices: Float64Array,
    columns: Int32Array,
    rows: Int32Array,
  ): void {
    const { n } = this;
    const [distances, from, order] = [this.#distances, this.#from, this.#order];
    let nearest = 0;
    for (let column = 0; column < n; column++) {
      distances[column] = cost[start * n + column] - prices[column];
      from[column] = start;
      order[column] = column;
      if (distances[column] < distances[nearest]) nearest = column;
    }
    let scanned = 0;
    let end = order[nearest];
    for (; rows[end] >= 0; end = order[nearest]) {
      order[nearest] = order[scanned];
      order[scanned] = end;
      scanned++;
      // On from the row that has this column, whose own reduced cost is paid already.
      const row = rows[end];
      const paid = distances[end] - (cost[row * n + end] - prices[end]);
      let least = Infinity;
      for (let k = scanned; k < n; k++) {
        const column = order[k];
        const through = paid + cost[row * n + column] - prices[column];
        if (through < distances[column]) {
          distances[column] = through;
          from[column] = row;
        }
        if (distances[column] < least) {
          least = distances[column];
          nearest = k;
        }
      }
    }
    const length = distances[end];
    for (let k = 0; k < scanned; k++) prices[order[k]] += distances[order[k]] - length;
    for (let column = end; ; ) {
      const row = from[column];
      const next = columns[row];
      columns[row] = column;
      rows[column] = row;
      if (row === start) break;
      column = next;
    }
  }
}
