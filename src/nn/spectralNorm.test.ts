import { expect, test } from 'vitest';
import { evaluate, type Values } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { grad, Variable } from '../tensor/index.js';
import { filled, leadingVector, spectralNorm, VariableTable } from './index.js';

const ROWS = 18;
const FILTERS = 5;
const matrix = Float64Array.from(new RandomStream(4, 'w').normal(new Float32Array(ROWS * FILTERS)));

/** Eigenvalues and vectors of a symmetric matrix, by Jacobi's rotations. */
function eigen(symmetric: number[][]): { values: number[]; vectors: number[][] } {
  const a = symmetric.map((row) => [...row]);
  const n = a.length;
  const q: number[][] = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let r = p + 1; r < n; r++) {
        const angle = 0.5 * Math.atan2(2 * a[p][r], a[r][r] - a[p][p]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++)
          [a[k][p], a[k][r]] = [c * a[k][p] - s * a[k][r], s * a[k][p] + c * a[k][r]];
        for (let k = 0; k < n; k++)
          [a[p][k], a[r][k]] = [c * a[p][k] - s * a[r][k], s * a[p][k] + c * a[r][k]];
        for (let k = 0; k < n; k++)
          [q[k][p], q[k][r]] = [c * q[k][p] - s * q[k][r], s * q[k][p] + c * q[k][r]];
      }
    }
  }
  return { values: a.map((row, i) => row[i]), vectors: a.map((_, j) => q.map((row) => row[j])) };
}

/** The exact decomposition's leading part: of the Gram matrix, u and s²; v = W u / s. */
function leading(): { s: number; u: number[]; v: number[] } {
  const at = (i: number, j: number) => matrix[i * FILTERS + j];
  const gram = Array.from({ length: FILTERS }, (_, i) =>
    Array.from({ length: FILTERS }, (_, j) => {
      let sum = 0;
      for (let r = 0; r < ROWS; r++) sum += at(r, i) * at(r, j);
      return sum;
    }),
  );
  const { values, vectors } = eigen(gram);
  const best = values.indexOf(Math.max(...values));
  const s = Math.sqrt(values[best]);
  const u = vectors[best];
  const v = Array.from({ length: ROWS }, (_, r) => u.reduce((sum, x, j) => sum + at(r, j) * x, 0) / s);
  return { s, u, v };
}

function built(training = true) {
  const scope = new VariableTable().scope({ training });
  const weight = new Variable('w', [3, 3, 2, FILTERS], filled(0));
  return { scope, weight, s: spectralNorm(weight, scope) };
}

/** u after so many steps of training. */
function afterSteps(steps: number): Values {
  const { scope } = built();
  let u: Values = Float64Array.of(1, -1, 0.5, 2, 0.3);
  for (let step = 0; step < steps; step++) {
    [u] = evaluate([...scope.updates.values()], { values: { w: matrix, u } });
  }
  return u;
}

test('after 50 steps the norm is within 1 % of the largest singular value, and its gradient is v uᵀ', () => {
  const { s, weight } = built();
  const exact = leading();
  const [value, gradient] = evaluate([s, ...grad(s, [weight])], {
    values: { w: matrix, u: afterSteps(50) },
  });
  expect(Math.abs(value[0] / exact.s - 1)).toBeLessThan(0.01);
  expect(Math.abs(value[0] / exact.s - 1)).toBeLessThan(1e-9);
  gradient.forEach((g, i) => {
    expect(g).toBeCloseTo(exact.v[Math.floor(i / FILTERS)] * exact.u[i % FILTERS], 6);
  });
});

test('the iteration goes on from step to step, from below', () => {
  const { s } = built();
  const at = (steps: number) => evaluate([s], { values: { w: matrix, u: afterSteps(steps) } })[0][0];
  expect(at(0)).toBeLessThan(at(1));
  expect(at(1)).toBeLessThan(at(3));
  expect(at(3)).toBeLessThanOrEqual(leading().s + 1e-12);
});

test('from a start of forty iterations the norm is right at the first step', () => {
  const stream = new RandomStream(8, 'u');
  const start = leadingVector(matrix, FILTERS, 40, {
    normal: (count) => stream.normal(new Float32Array(count)),
  });
  const { s } = built();
  const [[value]] = evaluate([s], { values: { w: matrix, u: start } });
  expect(Math.abs(value / leading().s - 1)).toBeLessThan(1e-6);
});

test('evaluation keeps the vectors as they are', () => {
  const { scope, s } = built(false);
  expect(scope.updates.size).toBe(0);
  expect(scope.variables.map(({ trainable }) => trainable)).toEqual([false]);
  const [value] = evaluate([s], { values: { w: matrix, u: afterSteps(50) } });
  expect(value[0]).toBeCloseTo(leading().s, 9);
});

test('a weight of zeros has norm 0 and a finite gradient', () => {
  const { s, weight } = built();
  const values = { w: new Float64Array(matrix.length), u: Float64Array.of(1, 0, 0, 0, 0) };
  const [value, gradient] = evaluate([s, ...grad(s, [weight])], { values });
  expect(value[0]).toBe(0);
  for (const g of gradient) expect(Number.isFinite(g)).toBe(true);
});
