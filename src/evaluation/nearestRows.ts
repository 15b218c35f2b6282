/**
 * The k nearest of many rows, by squared Euclidean distance or by the cosine:
 *
 *   ‖a − b‖² = ‖a − m‖² + 2 (½ ‖b − m‖² − (a − m)·(b − m))        1 − cos(a, b) = 1 − a/‖a‖ · b/‖b‖
 *
 * of which only what is in brackets orders the rows b: a matrix product, some thousand rows at a time, in float32. With m
 * the mean of the rows few digits cancel. Of a few more than k candidates that it finds, distances are then taken in float64.
 */
import type { Engine } from '../engine/index.js';
import { input, Program } from '../tensor/index.js';

export type RowDistance = 'euclidean' | 'cosine';

export interface NearestRows {
  readonly k: number;
  /** [queries, k], the nearest first, of equally near ones the first. */
  readonly indices: Int32Array;
  /** [queries, k]: squared Euclidean distances, or 1 − cos; of a row of zeros the cosine is 0. */
  readonly distances: Float64Array;
}

/** Queries and rows that meet at once: two megabytes of scores. */
const BLOCK = { queries: 128, rows: 4096 };
/** Candidates beyond k: as many may change places by rounding. */
const SPARE = 8;

/**
 * @param queries [n, dimensions], finite
 * @param rows    [m, dimensions], finite, m ≥ k
 * @throws RangeError if there are fewer rows than k
 */
export async function nearestRows(
  engine: Engine,
  queries: Float32Array,
  rows: Float32Array,
  {
    dimensions: d,
    k,
    distance = 'euclidean',
    block = BLOCK,
    signal,
  }: {
    dimensions: number;
    k: number;
    distance?: RowDistance;
    block?: typeof BLOCK;
    signal?: AbortSignal;
  },
): Promise<NearestRows> {
  const [n, m] = [queries.length / d, rows.length / d];
  if (k > m) throw new RangeError(`nearestRows: ${m} rows are fewer than ${k}`);
  const isCosine = distance === 'cosine';
  const mean = isCosine ? new Float64Array(d) : meanOf(rows, d);
  const [a, b] = [queries, rows].map((each) => (isCosine ? unitRows(each, d) : minus(each, mean)));
  const width = Math.min(block.rows, m);
  const height = Math.min(block.queries, n);
  const product = await engine.compile(
    new Program({
      outputs: {
        scores: input('offset', [width]).sub(
          input('a', [height, d]).matmul(input('b', [width, d]).swapLastAxes()),
        ),
      },
    }),
  );
  const kept = Math.min(m, k + SPARE);
  const result = { k, indices: new Int32Array(n * k), distances: new Float64Array(n * k) };
  try {
    for (let start = 0; start < n; start += height) {
      const count = Math.min(height, n - start);
      const best = Array.from({ length: count }, () => new Candidates(kept));
      const part = filled(a, start * d, height * d);
      for (let from = 0; from < m; from += width) {
        const size = Math.min(width, m - from);
        const others = filled(b, from * d, width * d);
        // What fills up the last block is infinitely far.
        const offset = new Float32Array(width).fill(Infinity);
        for (let i = 0; i < size; i++) offset[i] = isCosine ? 0 : halfSquare(others, i * d, d);
        const { scores } = await product.run({ a: part, b: others, offset }, { signal });
        for (const [q, each] of best.entries()) each.offer(scores as Float32Array, q * width, size, from);
      }
      best.forEach(({ indices }, q) => {
        const query = (start + q) * d;
        const measured = Array.from(indices, (index) => ({
          index,
          distance: isCosine
            ? 1 - cosine(queries, query, rows, index * d, d)
            : square(queries, query, rows, index * d, d),
        }));
        measured.sort((x, y) => x.distance - y.distance || x.index - y.index);
        for (let i = 0; i < k; i++) {
          result.indices[(start + q) * k + i] = measured[i].index;
          result.distances[(start + q) * k + i] = measured[i].distance;
        }
      });
    }
  } finally {
    await product.dispose();
  }
  return result;
}

/** The smallest scores so far, in order. */
class Candidates {
  readonly indices: Int32Array;
  readonly #scores: Float64Array;

  constructor(readonly size: number) {
    this.indices = new Int32Array(size);
    this.#scores = new Float64Array(size).fill(Infinity);
  }

  /** Looks at `count` scores from `start` on, the first being that of row `from`. */
  offer(scores: Float32Array, start: number, count: number, from: number): void {
    const [last, own, indices] = [this.size - 1, this.#scores, this.indices];
    let worst = own[last];
    for (let i = 0; i < count; i++) {
      const score = scores[start + i];
      if (score >= worst) continue;
      let place = last;
      for (; place > 0 && own[place - 1] > score; place--) {
        own[place] = own[place - 1];
        indices[place] = indices[place - 1];
      }
      own[place] = score;
      indices[place] = from + i;
      worst = own[last];
    }
  }
}

function meanOf(rows: Float32Array, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < rows.length; i++) mean[i % d] += rows[i];
  return mean.map((sum) => sum / (rows.length / d));
}

function minus(rows: Float32Array, mean: Float64Array): Float32Array {
  return rows.map((value, i) => value - mean[i % mean.length]);
}

/** Rows of length 1; those of zeros stay. */
function unitRows(rows: Float32Array, d: number): Float32Array {
  const units = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += d) {
    const length = Math.sqrt(2 * halfSquare(rows, at, d));
    if (length > 0) for (let j = 0; j < d; j++) units[at + j] = rows[at + j] / length;
  }
  return units;
}

function halfSquare(rows: Float32Array, at: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += rows[at + j] ** 2;
  return sum / 2;
}

function square(a: Float32Array, from: number, b: Float32Array, to: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += (a[from + j] - b[to + j]) ** 2;
  return sum;
}

function cosine(a: Float32Array, from: number, b: Float32Array, to: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += a[from + j] * b[to + j];
  const lengths = 2 * Math.sqrt(halfSquare(a, from, d) * halfSquare(b, to, d));
  return lengths > 0 ? sum / lengths : 0;
}

function filled(values: Float32Array, from: number, length: number): Float32Array {
  const part = new Float32Array(length);
  part.set(values.subarray(from, from + length));
  return part;
}
