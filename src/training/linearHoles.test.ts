/**
 * A linear decoder learnt from a table of which some cells are missing at random, against the maximum of the likelihood of
 * what is there, which EM finds: probabilistic PCA with missing data (Tipping & Bishop 1999, appendix B and §4.1).
 */
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, runOf, toy } from '../conformance/models.js';
import { linear } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { vae } from '../systems/index.js';
import { Training } from './index.js';

const D = 4;
const ROWS = 480;
const TRUE = { w: [1.5, -1, 0.8, 0.4], b: [0.5, -1, 0, 1], variance: 0.25 };

/** x = w z + b + σ ε, and NaN in three cells of ten. */
const rows = (() => {
  const normal = (name: string, count: number) => new RandomStream(1, name).normal(new Float32Array(count));
  const [z, noise] = [normal('codes', ROWS), normal('noise', ROWS * D)];
  const u = new RandomStream(1, 'holes').uniform(new Float32Array(ROWS * D));
  return Float32Array.from(noise, (epsilon, i) => {
    const j = i % D;
    if (u[i] < 0.3) return Number.NaN;
    return TRUE.w[j] * z[Math.floor(i / D)] + TRUE.b[j] + Math.sqrt(TRUE.variance) * epsilon;
  });
})();

interface Linear {
  readonly w: readonly number[];
  readonly b: readonly number[];
  readonly variance: number;
}

/** z given what is there of a row: N(m, v), v⁻¹ = 1 + Σ_o w_j² / σ². */
function codeOf({ w, b, variance }: Linear, x: Float32Array) {
  let [precision, sum] = [1, 0];
  x.forEach((value, j) => {
    if (Number.isNaN(value)) return;
    precision += w[j] ** 2 / variance;
    sum += (w[j] * (value - b[j])) / variance;
  });
  return { m: sum / precision, v: 1 / precision };
}

const rowOf = (values: Float32Array, n: number) => values.subarray(n * D, (n + 1) * D);

/** Every column is regressed on what is expected of z where the column is there. */
function step(model: Linear, values: Float32Array): Linear {
  const sums = Array.from({ length: D }, () => ({ n: 0, z: 0, zz: 0, x: 0, xz: 0, xx: 0 }));
  for (let n = 0; n < ROWS; n++) {
    const x = rowOf(values, n);
    const { m, v } = codeOf(model, x);
    x.forEach((value, j) => {
      if (Number.isNaN(value)) return;
      const s = sums[j];
      s.n++;
      s.z += m;
      s.zz += m * m + v;
      s.x += value;
      s.xz += value * m;
      s.xx += value * value;
    });
  }
  const w = sums.map((s) => (s.n * s.xz - s.z * s.x) / (s.n * s.zz - s.z ** 2));
  const b = sums.map((s, j) => (s.x - w[j] * s.z) / s.n);
  const squares = sums.map((s, j) => s.xx - b[j] * s.x - w[j] * s.xz);
  const count = sums.reduce((total, { n }) => total + n, 0);
  return { w, b, variance: squares.reduce((total, each) => total + each, 0) / count };
}

function maximum(values: Float32Array): Linear {
  let model: Linear = { w: [1, -1, 1, 1], b: [0, 0, 0, 0], variance: 1 };
  for (let i = 0; i < 2000; i++) model = step(model, values);
  return model;
}

/** Mean −log p(x_o) of the rows, by C = w wᵀ + σ² I of the columns that are there. */
function nll(model: Linear): number {
  const { w, b, variance } = model;
  let total = 0;
  for (let n = 0; n < ROWS; n++) {
    const x = rowOf(rows, n);
    const { m, v } = codeOf(model, x);
    let [count, squares] = [0, 0];
    x.forEach((value, j) => {
      if (Number.isNaN(value)) return;
      count++;
      squares += (value - b[j]) * (value - b[j] - w[j] * m);
    });
    total += 0.5 * (count * Math.log(2 * Math.PI * variance) - Math.log(v) + squares / variance);
  }
  return total / ROWS;
}

test('the likelihood of a row by its code is that of the normal distribution of its columns', () => {
  // Of two columns: C = [[a, c], [c, d]].
  const model: Linear = { w: [1.5, -1, 0.8, 0.4], b: TRUE.b, variance: 0.3 };
  const x = Float32Array.of(1, 0.5, Number.NaN, Number.NaN);
  const [a, c, d] = [1.5 ** 2 + 0.3, -1.5, 1 + 0.3];
  const [e, f] = [1 - 0.5, 0.5 + 1];
  const determinant = a * d - c * c;
  const square = (d * e * e - 2 * c * e * f + a * f * f) / determinant;
  const { m, v } = codeOf(model, x);
  expect(0.3 ** 2 / v).toBeCloseTo(determinant, 12);
  expect((e * (e - 1.5 * m) + f * (f + m)) / 0.3).toBeCloseTo(square, 12);
});

test('a VAE on a table with holes learns probabilistic PCA of what is there', async () => {
  const table = numericTable(D);
  if (table.kind !== 'table') throw new Error('a table is expected');
  const engine = engines[1].create();
  const definition = runOf(vae, toy({ ...table, holes: true }, rows), engine, {
    // The posterior is linear in what is there for each set of columns, and another one for the next.
    options: {
      hidden: [48],
      activation: 'tanh',
      decoder: linear(D),
      latent: 1,
      likelihood: 'gaussian',
      sigma: 'shared',
      logVarBound: 0,
    },
    training: { steps: 4000, batchSize: 160, learningRate: 0.01, schedule: 'cosine', averageWeights: 0.99 },
  });
  await new Training({ ...definition, validation: undefined }).finish();
  const names = ['decoder.weight', 'decoder.bias', 'likelihood.logSigma'];
  const values = await engine.variables.read(names);
  const [w, b, [logSigma]] = names.map((name) => Array.from(values.get(name) ?? []));
  const learnt: Linear = { w, b, variance: Math.exp(2 * (Math.log1p(Math.exp(logSigma + 6)) - 6)) };
  const best = maximum(rows);
  // What the encoder is off by is all that is between the two.
  expect(nll(learnt)).toBeGreaterThan(nll(best) - 1e-6);
  expect(nll(learnt)).toBeLessThan(nll(best) + 1e-3);
  expect(Math.abs(learnt.variance / best.variance - 1)).toBeLessThan(0.02);
  // Zeros taken for what is there would be far off.
  expect(nll(maximum(rows.map((value) => (Number.isNaN(value) ? 0 : value))))).toBeGreaterThan(
    nll(best) + 0.1,
  );
  for (let i = 0; i < D; i++)
    for (let j = 0; j < D; j++)
      expect(Math.abs(learnt.w[i] * learnt.w[j] - best.w[i] * best.w[j])).toBeLessThan(0.05);
});
