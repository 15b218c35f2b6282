/** Mean and covariance of points. */

export interface Points {
  /** [count, dimensions], row by row. */
  readonly data: ArrayLike<number>;
  readonly count: number;
  readonly dimensions: number;
}

export interface Moments {
  readonly mean: Float64Array;
  /** [dimensions, dimensions] */
  readonly covariance: Float64Array;
}

/** Points whose products are added at once, so that the covariance is gone through for every few of them only. */
const AT_ONCE = 4;

/**
 * Mean and covariance of some points, divided by their number. The mean goes first, so that nothing cancels.
 *
 * @param rows which points, finite ones; all if left out
 */
export function moments({ data, count, dimensions: d }: Points, rows?: readonly number[]): Moments {
  const chosen = rows ?? Array.from({ length: count }, (_, row) => row);
  const mean = new Float64Array(d);
  for (const row of chosen) for (let k = 0; k < d; k++) mean[k] += data[row * d + k] / chosen.length;
  const covariance = new Float64Array(d * d);
  const centred = Array.from({ length: AT_ONCE }, () => new Float64Array(d));
  const [p, q, r, s] = centred;
  for (let first = 0; first < chosen.length; first += AT_ONCE) {
    centred.forEach((point, each) => {
      const row = chosen[first + each];
      if (row === undefined) point.fill(0);
      else for (let k = 0; k < d; k++) point[k] = data[row * d + k] - mean[k];
    });
    for (let i = 0; i < d; i++) {
      const [a, b, c, e] = [p[i], q[i], r[i], s[i]];
      for (let j = i; j < d; j++) covariance[i * d + j] += a * p[j] + b * q[j] + (c * r[j] + e * s[j]);
    }
  }
  for (let i = 0; i < d; i++) {
    for (let j = i; j < d; j++) {
      covariance[i * d + j] /= chosen.length;
      covariance[j * d + i] = covariance[i * d + j];
    }
  }
  return { mean, covariance };
}
