/** Square matrices as lower triangular factors, in float64, row-major. */

/** L with A = L Lᵀ, or undefined where A is not positive definite. @param a [d, d], of which the lower half is read */
export function cholesky(a: Float64Array, d: number): Float64Array | undefined {
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * d + j];
      for (let k = 0; k < j; k++) sum -= l[i * d + k] * l[j * d + k];
      if (i === j && !(sum > 0)) return undefined;
      l[i * d + j] = i === j ? Math.sqrt(sum) : sum / l[j * d + j];
    }
  }
  return l;
}

/** L⁻¹ of a lower triangular L, by forward substitution column by column. */
export function inverseLower(l: Float64Array, d: number): Float64Array {
  const inverse = new Float64Array(d * d);
  for (let column = 0; column < d; column++) {
    for (let i = column; i < d; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= l[i * d + k] * inverse[k * d + column];
      inverse[i * d + column] = sum / l[i * d + i];
    }
  }
  return inverse;
}
