import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input } from '../tensor/index.js';
import { permuteEachDimension } from './index.js';

const [batch, latent] = [37, 3];
const z = input('z', [batch, latent]);
// No two numbers are equal, so each says which row and column it came from.
const values = { z: Float64Array.from({ length: batch * latent }, (_, i) => Math.sin(i + 1)) };
const permuted = (step: number, stream = 'permutation') =>
  evaluate([permuteEachDimension(z, stream)], { values, seed: 4, step })[0];
const column = (of: ArrayLike<number>, l: number) =>
  Array.from({ length: batch }, (_, b) => of[b * latent + l]);
const ordersOf = (of: ArrayLike<number>) =>
  Array.from({ length: latent }, (_, l) => column(of, l).map((value) => column(values.z, l).indexOf(value)));

test('every coordinate keeps its values: the marginals of the batch are exactly those of before', () => {
  const after = permuted(0);
  for (let l = 0; l < latent; l++) expect(column(after, l).sort()).toEqual(column(values.z, l).sort());
});

test('each coordinate has an order of its own, and another one at every step', () => {
  const orders = [...ordersOf(permuted(0)), ...ordersOf(permuted(1))].map(String);
  expect(new Set(orders).size).toBe(2 * latent);
  expect(permuted(0)).toEqual(permuted(0));
  expect(permuted(0, 'another')).not.toEqual(permuted(0));
});

test('every row comes up in every place about equally often', () => {
  const steps = 600;
  const counts = new Float64Array(batch);
  for (let step = 0; step < steps; step++) counts[ordersOf(permuted(step))[1][0]]++;
  const expected = steps / batch;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // Mean 36 and deviation √72: four of them above.
  expect(chiSquare).toBeLessThan(36 + 4 * Math.sqrt(72));
});

test('correlation between coordinates does not survive', () => {
  const rows = 4000;
  const pair = input('pair', [rows, 2]);
  const same = Float64Array.from({ length: 2 * rows }, (_, i) => Math.sin(i >> 1) * Math.SQRT2);
  const [after] = evaluate([permuteEachDimension(pair, 'permutation')], { values: { pair: same }, seed: 1 });
  let product = 0;
  for (let b = 0; b < rows; b++) product += after[2 * b] * after[2 * b + 1];
  expect(Math.abs(product / rows)).toBeLessThan(4 / Math.sqrt(rows));
});

test('gradients go back to where each value came from', () => {
  const weights = constant(values.z, 'float32', [batch, latent]);
  const after = permuteEachDimension(z, 'permutation');
  const [gradient] = evaluate(grad(after.mul(weights).sum(), [z]), { values, seed: 4 });
  const orders = ordersOf(permuted(0));
  for (let l = 0; l < latent; l++) {
    orders[l].forEach((from, to) => {
      expect(gradient[from * latent + l]).toBe(values.z[to * latent + l]);
    });
  }
});
