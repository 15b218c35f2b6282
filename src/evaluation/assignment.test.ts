import { expect, test } from 'vitest';
import { auction } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { exactAssignment } from './assignment.js';

/** The least cost of a matching, by trying all. */
function leastCost(cost: Float64Array, n: number, taken: boolean[] = [], row = 0): number {
  if (row === n) return 0;
  let least = Infinity;
  for (let column = 0; column < n; column++) {
    if (taken[column]) continue;
    taken[column] = true;
    least = Math.min(least, cost[row * n + column] + leastCost(cost, n, taken, row + 1));
    taken[column] = false;
  }
  return least;
}

const totalOf = (cost: Float64Array, n: number, columns: Int32Array) =>
  columns.reduce((sum, column, row) => sum + cost[row * n + column], 0);

const costs = (n: number, draw: number) =>
  Float64Array.from(new RandomStream(4, 'costs').uniform(new Float32Array(n * n), draw));

test('no matching is cheaper', () => {
  for (let n = 0; n <= 7; n++) {
    for (let draw = 0; draw < 30; draw++) {
      // Every other one with many ties, and some below 0.
      const cost = costs(n, draw).map((value) => (draw % 2 ? value - 0.5 : Math.floor(4 * value)));
      const columns = exactAssignment(cost, n);
      expect(new Set(columns).size).toBe(n);
      expect(totalOf(cost, n, columns)).toBeCloseTo(leastCost(cost, n), 12);
    }
  }
});

test('of larger matrices it is as cheap as an auction that is almost exact, and never dearer', () => {
  for (const n of [30, 80]) {
    for (let draw = 0; draw < 3; draw++) {
      const cost = costs(n, draw);
      const exact = totalOf(cost, n, exactAssignment(cost, n));
      const almost = totalOf(cost, n, auction(cost, n, 1e-9));
      expect(exact).toBeLessThanOrEqual(almost + 1e-12);
      expect(almost - exact).toBeLessThan(n * 1e-9);
    }
  }
});

test('costs that are no numbers are refused, and equal ones are no trouble', () => {
  expect(() => exactAssignment([1, 2, 3, Number.NaN], 2)).toThrow(
    'exactAssignment: cost NaN of row 1 is not finite',
  );
  expect([...exactAssignment(new Float64Array(25).fill(2), 5)].sort()).toEqual([0, 1, 2, 3, 4]);
});
