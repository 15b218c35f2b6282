/**
 * How far two partitions of the same samples agree, whatever their parts are called, from the counts n_ij of samples that
 * are in part i of one and in part j of the other:
 *
 *   accuracy  max_π Σ_i n_{i π(i)} / N     parts matched one to one, the best of all ways; parts left over match nothing
 *   NMI       I(a; b) / ½ (H(a) + H(b))    the ARITHMETIC mean: other means give other numbers
 *   ARI       (Σ C(n_ij, 2) − E) / (½ (Σ C(a_i, 2) + Σ C(b_j, 2)) − E),   E = Σ C(a_i, 2) Σ C(b_j, 2) / C(N, 2)
 *
 * Source: Kuhn 1955 for the matching; Vinh, Epps & Bailey, JMLR 11, 2010; Hubert & Arabie 1985, J. Classification 2.
 */
import { exactAssignment } from './assignment.js';

/** n_ij, row-major [rows, columns]. */
export interface Contingency {
  readonly counts: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** @param times how often each sample counts. @default once */
export function contingency(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  times?: ArrayLike<number>,
): Contingency {
  const [rows, columns] = [partsOf(a), partsOf(b)];
  const counts = new Float64Array(rows * columns);
  for (let n = 0; n < a.length; n++) counts[a[n] * columns + b[n]] += times?.[n] ?? 1;
  return { counts, rows, columns };
}

function partsOf(partition: ArrayLike<number>): number {
  let last = -1;
  for (let n = 0; n < partition.length; n++) last = Math.max(last, partition[n]);
  return last + 1;
}

export function matchedAccuracy({ counts, rows, columns }: Contingency): number {
  const size = Math.max(rows, columns);
  const cost = new Float64Array(size * size);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) cost[i * size + j] = -counts[i * columns + j];
  const matched = exactAssignment(cost, size).reduce((total, j, i) => total - cost[i * size + j], 0);
  return matched / sum(counts);
}

/** 1 where both partitions are of one part. */
export function normalisedMutualInformation(table: Contingency): number {
  const { counts, columns } = table;
  const [a, b] = marginals(table);
  const total = sum(counts);
  const entropies = [a, b].map(
    (parts) => -sum(parts.map((n) => (n > 0 ? (n / total) * Math.log(n / total) : 0))),
  );
  const information = counts.reduce((nats, n, i) => {
    if (n === 0) return nats;
    return nats + (n / total) * Math.log((n * total) / (a[Math.floor(i / columns)] * b[i % columns]));
  }, 0);
  const mean = sum(entropies) / 2;
  return mean > 0 ? Math.max(0, information) / mean : 1;
}

/** 1 where both partitions are of one part, or of single samples. */
export function adjustedRandIndex(table: Contingency): number {
  const pairs = (counts: Float64Array) => sum(counts.map((n) => (n * (n - 1)) / 2));
  const [a, b] = marginals(table).map(pairs);
  const expected = a * (b / pairs(Float64Array.of(sum(table.counts))));
  const most = (a + b) / 2;
  return most === expected || !(a + b > 0) ? 1 : (pairs(table.counts) - expected) / (most - expected);
}

/** Sizes of the parts of both partitions. */
function marginals({ counts, rows, columns }: Contingency): readonly [Float64Array, Float64Array] {
  const [a, b] = [new Float64Array(rows), new Float64Array(columns)];
  counts.forEach((n, i) => {
    a[Math.floor(i / columns)] += n;
    b[i % columns] += n;
  });
  return [a, b];
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);
