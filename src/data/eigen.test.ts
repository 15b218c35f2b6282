import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leadingEigen, symmetricEigen } from './eigen.js';

const symmetric = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc
    .array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: size * size, maxLength: size * size })
    .map((entries) => ({
      size,
      matrix: Float64Array.from(entries, (_, at) => {
        const [i, j] = [Math.floor(at / size), at % size];
        return entries[Math.min(i, j) * size + Math.max(i, j)];
      }),
    })),
);

test('A = Σ λ v vᵀ, with unit eigenvectors at right angles and eigenvalues in descending order', () => {
  fc.assert(
    fc.property(symmetric, ({ size, matrix }) => {
      const { values, vectors } = symmetricEigen(matrix, size);
      const row = (i: number) => vectors.subarray(i * size, (i + 1) * size);
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, k) => sum + x * b[k], 0);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          expect(dot(row(i), row(j))).toBeCloseTo(i === j ? 1 : 0, 10);
          const rebuilt = values.reduce((sum, value, k) => sum + value * row(k)[i] * row(k)[j], 0);
          expect(rebuilt).toBeCloseTo(matrix[i * size + j], 8);
        }
        if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
      }
    }),
  );
});

test('the second difference matrix of n points has eigenvalues 2 − 2 cos(kπ / (n + 1))', () => {
  const n = 40;
  const matrix = Float64Array.from({ length: n * n }, (_, at) => {
    const apart = Math.abs(Math.floor(at / n) - (at % n));
    return apart === 0 ? 2 : apart === 1 ? -1 : 0;
  });
  const { values } = symmetricEigen(matrix, n);
  values.forEach((value, i) => {
    expect(value).toBeCloseTo(2 - 2 * Math.cos(((n - i) * Math.PI) / (n + 1)), 12);
  });
});

test('the leading directions of a large matrix are those that rotations find', () => {
  const [size, count, rank] = [150, 3, 40];
  // Σ_k s_k u_k u_kᵀ of arbitrary directions, s_k falling by a fifth each time.
  const matrix = new Float64Array(size * size);
  for (let k = 0; k < rank; k++) {
    const u = Float64Array.from({ length: size }, (_, i) => Math.sin((k + 2) * (i + 1) ** 1.2));
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) matrix[i * size + j] += 0.8 ** k * u[i] * u[j];
  }
  const [all, leading] = [symmetricEigen(matrix, size), leadingEigen(matrix, size, count)];
  for (let c = 0; c < count; c++) {
    expect(leading.values[c] / all.values[c]).toBeCloseTo(1, 9);
    const both = [leading, all].map(({ vectors }) => vectors.subarray(c * size, (c + 1) * size));
    expect(Math.abs(both[0].reduce((sum, x, i) => sum + x * both[1][i], 0))).toBeCloseTo(1, 6);
  }
});

test('of a matrix of zeros there is nothing to find, and it is found', () => {
  expect([...leadingEigen(new Float64Array(200 * 200), 200, 2).values]).toEqual([0, 0]);
});
