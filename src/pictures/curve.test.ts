import { expect, test } from 'vitest';
import { clipped, curveRuns } from './curve.js';
import { linearScale } from './scale.js';

const identity = (high: number) => linearScale(0, high, [0, high]);
const unit = identity(1);

test('a value that is not finite leaves a gap, and a value alone between two is a run of its own', () => {
  const { NaN: gap, POSITIVE_INFINITY: huge } = Number;
  const runs = curveRuns([0, 1, 2, 3, 4, 5, 6], [gap, 1, 2, huge, 5, gap, 7], identity(6), unit);
  expect(runs).toEqual([
    [1, 1, 2, 2],
    [4, 5],
    [6, 7],
  ]);
});

test('a thinned series has the first, lowest, highest and last value of each column, in their order', () => {
  const count = 10_000;
  const ys = Float64Array.from({ length: count }, (_, i) => Math.sin(i * i));
  const xs = ys.map((_, i) => i);
  const x = linearScale(0, count, [0, 50]);
  const [run] = curveRuns(xs, ys, x, unit);
  expect(run.length / 2).toBeLessThanOrEqual(4 * 100 + 4);
  for (let column = 0; column < 100; column++) {
    const within = ys.filter((_, i) => Math.floor(x.at(i) * 2) === column);
    const kept = run.filter((_, i) => i % 2 === 1 && Math.floor(run[i - 1] * 2) === column);
    expect(kept[0]).toBe(within[0]);
    expect(kept[kept.length - 1]).toBe(within[within.length - 1]);
    expect(Math.min(...kept)).toBe(Math.min(...within));
    expect(Math.max(...kept)).toBe(Math.max(...within));
  }
  for (let i = 2; i < run.length; i += 2) expect(run[i]).toBeGreaterThan(run[i - 2]);
});

const box = { left: 0, top: 0, width: 10, height: 10 };

test('a line is cut where it leaves the box and goes on where it comes back', () => {
  expect(clipped([0, 5, 2, 15, 4, 5, 6, -5], box)).toEqual([
    [0, 5, 1, 10],
    [3, 10, 4, 5, 5, 0],
  ]);
});

test('a line within the box stays whole, one without disappears', () => {
  expect(clipped([0, 1, 2, 3, 4, 3], box)).toEqual([[0, 1, 2, 3, 4, 3]]);
  expect(clipped([0, 11, 5, 11, 9, 30], box)).toEqual([]);
  expect(clipped([3, 4], box)).toEqual([[3, 4]]);
  expect(clipped([3, 40], box)).toEqual([]);
});
