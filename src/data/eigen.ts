/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations: each zeroes one element off the
 * diagonal, and sweeps over all of them converge quadratically to a diagonal matrix.
 *
 * Source: Golub & Van Loan, "Matrix Computations", 4th edition, §8.5.
 */

export interface Eigen {
  /** In descending order. */
  readonly values: Float64Array;
  /** [size, size]: row i is the unit eigenvector of value i. */
  readonly vectors: Float64Array;
}

/** Sweeps that no matrix needs: convergence takes six to ten. */
const MOST_SWEEPS = 50;

/** @param matrix [size, size], symmetric and finite */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): Eigen {
  const a = Float64Array.from(matrix);
  // Rows of v end as eigenvectors: rotating rows keeps the inner loops on neighbouring numbers.
  const v = new Float64Array(size * size);
  for (let i = 0; i < size; i++) v[i * size + i] = 1;
  const total = a.reduce((sum, x) => sum + x * x, 0);
  for (let sweep = 0; sweep < MOST_SWEEPS && offDiagonal(a, size) > 1e-30 * total; sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, size, p, q);
  }
  const order = Array.from({ length: size }, (_, i) => i);
  order.sort((i, j) => a[j * size + j] - a[i * size + i]);
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => {
    vectors.set(v.subarray(from * size, (from + 1) * size), to * size);
  });
  return { values: Float64Array.from(order, (i) => a[i * size + i]), vectors };
}

/** Sum of squares above the diagonal. */
function offDiagonal(a: Float64Array, size: number): number {
  let sum = 0;
  for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) sum += a[p * size + q] ** 2;
  return sum;
}

/** A ← Jᵀ A J with the rotation J in the plane (p, q) that makes a_pq zero, and V ← Jᵀ V. */
function rotate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const apq = a[p * size + q];
  if (apq === 0) return;
  const tau = (a[q * size + q] - a[p * size + p]) / (2 * apq);
  const tangent = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const cos = 1 / Math.sqrt(1 + tangent * tangent);
  const sin = tangent * cos;
  for (let k = 0; k < size; k++) {
    const [kp, kq] = [a[k * size + p], a[k * size + q]];
    a[k * size + p] = cos * kp - sin * kq;
    a[k * size + q] = sin * kp + cos * kq;
  }
  rotateRows(a, size, p, q, cos, sin);
  rotateRows(v, size, p, q, cos, sin);
}

function rotateRows(m: Float64Array, size: number, p: number, q: number, cos: number, sin: number): void {
  for (let k = 0; k < size; k++) {
    const [pk, qk] = [m[p * size + k], m[q * size + k]];
    m[p * size + k] = cos * pk - sin * qk;
    m[q * size + k] = sin * pk + cos * qk;
  }
}

/** Directions beyond those asked for: the more, the faster the wanted ones stand out. */
const SPARE_DIRECTIONS = 8;
const MOST_ITERATIONS = 300;

/**
 * The first eigenvalues and eigenvectors of a positive semidefinite matrix by subspace iteration, where finding all of
 * them would take minutes: a step costs size² · (count + 8), a sweep of rotations size³. Directions whose eigenvalues
 * hardly differ are told apart no better than a picture needs.
 *
 * Source: Golub & Van Loan, "Matrix Computations", 4th edition, §8.2.4.
 *
 * @param matrix [size, size], symmetric, finite, without negative eigenvalues
 */
export function leadingEigen(matrix: Float64Array, size: number, count: number): Eigen {
  const width = Math.min(size, count + SPARE_DIRECTIONS);
  // Rows; the start is arbitrary, and the same every time.
  let rows = orthonormal(
    Array.from({ length: width }, (_, i) =>
      Float64Array.from({ length: size }, (_, k) => Math.sin((i + 1) * (k + 1) ** 1.5)),
    ),
  );
  let before = 0;
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const images = rows.map((row) => product(matrix, row));
    const captured = images.slice(0, count).reduce((sum, image, i) => sum + dot(image, rows[i]), 0);
    rows = orthonormal(images);
    if (Math.abs(captured - before) <= 1e-12 * captured) break;
    before = captured;
  }
  // Within the subspace, exactly.
  const images = rows.map((row) => product(matrix, row));
  const inside = rows.flatMap((row) => images.map((image) => dot(row, image)));
  const { values, vectors } = symmetricEigen(inside, width);
  const turned = new Float64Array(count * size);
  for (let c = 0; c < count; c++) {
    for (let i = 0; i < width; i++) {
      const part = vectors[c * width + i];
      for (let k = 0; k < size; k++) turned[c * size + k] += part * rows[i][k];
    }
  }
  return { values: values.slice(0, count), vectors: turned };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function product(matrix: Float64Array, x: Float64Array): Float64Array {
  const size = x.length;
  return Float64Array.from(x, (_, i) => dot(matrix.subarray(i * size, (i + 1) * size), x));
}

/** Gram-Schmidt, twice over each row, without which rounding leaves them at odd angles. A row of nothing stays 0. */
function orthonormal(rows: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const given of rows) {
    const row = given.slice();
    for (const other of [...done, ...done]) {
      const part = dot(row, other);
      for (let k = 0; k < row.length; k++) row[k] -= part * other[k];
    }
    const length = Math.sqrt(dot(row, row));
    done.push(length > 1e-300 ? row.map((value) => value / length) : row.fill(0));
  }
  return done;
}
