import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spline } from './spline.js';

const STEPS = 4;
const coordinate = fc.double({ min: -10, max: 10, noNaN: true });
const distinctPoints = fc.uniqueArray(fc.tuple(coordinate, coordinate), {
  minLength: 2,
  maxLength: 8,
  selector: ([x]) => x,
});

test('a curve goes through all its points', () => {
  fc.assert(
    fc.property(distinctPoints, (points) => {
      const line = spline(points.flat(), STEPS);
      expect(line.length).toBe(2 * ((points.length - 1) * STEPS + 1));
      points.forEach(([x, y], i) => {
        expect(line[2 * STEPS * i]).toBeCloseTo(x, 10);
        expect(line[2 * STEPS * i + 1]).toBeCloseTo(y, 10);
      });
    }),
  );
});

test('points evenly along a line make that line', () => {
  const line = spline([0, 1, 2, 2, 4, 3, 6, 4], STEPS);
  for (let i = 0; i < line.length; i += 2) expect(line[i + 1]).toBeCloseTo(1 + line[i] / 2, 12);
});

test('a point that stands twice is a corner: each side is bent only by its own points', () => {
  const corner = spline([0, 0, 1, 0, 1, 0, 1, 1, 1, 2], STEPS);
  for (let i = 0; i <= 2 * STEPS; i += 2) expect(corner[i + 1]).toBe(0);
  for (let i = 2 * STEPS; i < corner.length; i += 2) expect(corner[i]).toBe(1);
});
