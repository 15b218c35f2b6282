/** Mean and standard deviation of each column of rows that are held in memory; `statistics.ts` measures data sets. */

export interface ColumnMoments {
  /** [width] */
  readonly mean: Float64Array;
  /** [width], of the population: the sum of squares over the number of rows. */
  readonly deviation: Float64Array;
}

/** @param rows [n, width], at least one row */
export function columnMoments(rows: Float32Array, width: number): ColumnMoments {
  const count = rows.length / width;
  const mean = new Float64Array(width);
  rows.forEach((value, i) => {
    mean[i % width] += value / count;
  });
  const variance = new Float64Array(width);
  rows.forEach((value, i) => {
    variance[i % width] += (value - mean[i % width]) ** 2 / count;
  });
  return { mean, deviation: variance.map(Math.sqrt) };
}
