/** Principal components: the directions along which points vary most, and the points seen along them. */
import { leadingEigen, symmetricEigen } from './eigen.js';
import { moments, type Points } from './moments.js';

export interface PrincipalComponents {
  readonly mean: Float64Array;
  /** [components, dimensions]; each row a unit vector, at right angles to the others, its largest entry positive. */
  readonly directions: Float64Array;
  /** Shares of the whole variance, one for each component. */
  readonly explained: Float64Array;
  /** [count, components]; a row is NaN where the point has a coordinate that is not finite. */
  readonly projected: Float64Array;
}

/** Up to here all directions are found at once; beyond, only those that are asked for. */
const MOST_ROTATED = 128;

/** Multiplications that finding the covariance may take: points are skipped evenly until it does. */
const WORK = 2e9;

/**
 * The first principal components of points; points that are not finite do not count.
 *
 * @throws RangeError if there are fewer dimensions than components, or the data has not the size it claims
 */
export function principalComponents(points: Points, components: number): PrincipalComponents {
  const { data, count, dimensions } = points;
  if (data.length !== count * dimensions) {
    throw new RangeError(`pca: ${data.length} values are not ${count} points of ${dimensions} dimensions`);
  }
  if (components > dimensions) {
    throw new RangeError(
      `pca: points of ${dimensions} dimensions have no ${components} principal components; ask for fewer`,
    );
  }
  const finite = finiteRows(points);
  const stride = Math.max(1, Math.ceil((finite.length * dimensions ** 2) / WORK));
  const rows = finite.filter((_, i) => i % stride === 0);
  const { mean, covariance } = moments(points, rows);
  const { values, vectors } =
    dimensions > MOST_ROTATED
      ? leadingEigen(covariance, dimensions, components)
      : symmetricEigen(covariance, dimensions);
  const directions = vectors.slice(0, components * dimensions);
  for (let c = 0; c < components; c++) orient(directions.subarray(c * dimensions, (c + 1) * dimensions));
  const whole = trace(covariance, dimensions);
  // Points that are all the same vary by rounding errors only.
  const rounding = 1e-24 * mean.reduce((sum, value) => sum + value * value, 0);
  const explained = Float64Array.from(values.subarray(0, components), (value) =>
    whole > rounding ? Math.max(0, value) / whole : 0,
  );
  const projected = new Float64Array(count * components).fill(Number.NaN);
  for (const row of finite) {
    for (let c = 0; c < components; c++) {
      let sum = 0;
      for (let k = 0; k < dimensions; k++) {
        sum += (data[row * dimensions + k] - mean[k]) * directions[c * dimensions + k];
      }
      projected[row * components + c] = sum;
    }
  }
  return { mean, directions, explained, projected };
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i];
  return sum;
}

function finiteRows({ data, count, dimensions }: Points): number[] {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) {
    let finite = true;
    for (let k = 0; k < dimensions && finite; k++) finite = Number.isFinite(data[row * dimensions + k]);
    if (finite) rows.push(row);
  }
  return rows;
}

/** Of the two signs that a direction may have, the one that makes its largest entry positive: maps stay as they are. */
function orient(direction: Float64Array): void {
  const largest = direction.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  if (largest < 0) for (let k = 0; k < direction.length; k++) direction[k] = -direction[k];
}
