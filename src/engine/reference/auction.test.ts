import { expect, test } from 'vitest';
import { RandomStream } from '../../random/index.js';
import { auction } from './auction.js';

/** Every order of the numbers below n. */
function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((order) =>
    Array.from({ length: n }, (_, at) => [...order.slice(0, at), n - 1, ...order.slice(at)]),
  );
}

const totalOf = (cost: Float64Array, n: number, columns: ArrayLike<number>) =>
  Array.from(columns).reduce((sum, column, row) => sum + cost[row * n + column], 0);

const uniform = (n: number, draw: number) =>
  Float64Array.from(new RandomStream(3, 'costs').uniform(new Float32Array(n * n), draw));

test('its matching costs what the best of all costs, within n times the last raise', () => {
  for (let n = 1; n <= 7; n++) {
    const orders = permutations(n);
    for (let draw = 0; draw < 20; draw++) {
      // Every other one with many ties.
      const cost = uniform(n, draw).map((value) => (draw % 2 ? value : Math.floor(4 * value)));
      const least = Math.min(...orders.map((order) => totalOf(cost, n, order)));
      const mean = cost.reduce((sum, value) => sum + value, 0) / n ** 2 - Math.min(...cost);
      for (const tolerance of [1e-1, 1e-3, 1e-9]) {
        const total = totalOf(cost, n, auction(cost, n, tolerance));
        expect(total).toBeGreaterThanOrEqual(least - 1e-12);
        expect(total).toBeLessThanOrEqual(least + n * tolerance * mean + 1e-12);
      }
    }
  }
});

test('every column is given once, and a number added to all costs changes nothing', () => {
  const n = 40;
  const cost = uniform(n, 99).map((value) => Math.round(value * 2 ** 20));
  const columns = auction(cost, n, 1e-4);
  expect([...columns].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  expect(
    auction(
      cost.map((value) => value + 2 ** 20),
      n,
      1e-4,
    ),
  ).toEqual(columns);
});

test('points that were only put into another order are found again', () => {
  const n = 60;
  const x = uniform(n, 7).subarray(0, n);
  const order = Array.from(uniform(n, 8).subarray(0, n).entries())
    .sort((a, b) => a[1] - b[1])
    .map(([index]) => index);
  const cost = Float64Array.from({ length: n * n }, (_, i) =>
    Math.abs(x[Math.floor(i / n)] - x[order[i % n]]),
  );
  const columns = auction(cost, n, 1e-6);
  for (let i = 0; i < n; i++) expect(order[columns[i]]).toBe(i);
});

test('it ends where costs are no numbers, all equal, or far apart', () => {
  const n = 30;
  const identity = Int32Array.from({ length: n }, (_, i) => i);
  for (const bad of [Number.NaN, Infinity, -Infinity])
    expect(auction(uniform(n, 1).fill(bad, 17, 18), n, 1e-3)).toEqual(identity);
  expect(auction(new Float64Array(n * n).fill(5), n, 1e-3)).toEqual(identity);
  // One cost that is nearly all of the spread, and a tolerance below what double precision tells apart.
  const apart = uniform(n, 2).fill(1e30, 40, 41);
  expect(new Set(auction(apart, n, 1e-30)).size).toBe(n);
  // Two far columns that all rows bid for.
  const war = Float64Array.from({ length: n * n }, (_, i) => (i % n < 2 ? 0 : 1e6));
  expect(new Set(auction(war, n, 1e-9)).size).toBe(n);
});
