import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Coverage, type Polyline } from './strokes.js';

const SIDE = 24;
const place = fc.double({ min: -6, max: SIDE + 6, noNaN: true });
const polyline = fc
  .array(fc.tuple(place, place), { minLength: 1, maxLength: 5 })
  .map((points) => points.flat());
const radius = fc.double({ min: 0.05, max: 5, noNaN: true });

const sum = (data: Float32Array) => data.reduce((total, share) => total + share, 0);

/** The definition, pixel by pixel: no rows or columns are skipped. */
function slowCoverage(line: Polyline, radius: number): number[] {
  return Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, y] = [(at % SIDE) + 0.5, Math.floor(at / SIDE) + 0.5];
    let distance = Math.hypot(x - line[0], y - line[1]);
    for (let i = 0; i + 3 < line.length; i += 2) {
      const [dx, dy] = [line[i + 2] - line[i], line[i + 3] - line[i + 1]];
      const t = ((x - line[i]) * dx + (y - line[i + 1]) * dy) / (dx * dx + dy * dy || 1);
      const along = Math.max(0, Math.min(1, t));
      distance = Math.min(distance, Math.hypot(x - line[i] - along * dx, y - line[i + 1] - along * dy));
    }
    return Math.max(0, Math.min(distance + 0.5, radius) - Math.max(distance - 0.5, -radius));
  });
}

test('a stroke covers what its distance to every pixel says', () => {
  fc.assert(
    fc.property(polyline, radius, (line, r) => {
      const coverage = new Coverage(SIDE, SIDE);
      coverage.stroke(line, r);
      // Shares are kept in float32, of which one is 2^-24 apart just below 1.
      slowCoverage(line, r).forEach((share, i) => {
        expect(Math.abs(coverage.data[i] - share)).toBeLessThan(1e-6);
      });
    }),
  );
});

test('a level line of any width, at any height, covers its width of every column between its ends', () => {
  fc.assert(
    fc.property(radius, fc.double({ min: 8, max: 16, noNaN: true }), (r, y) => {
      const coverage = new Coverage(SIDE, SIDE);
      coverage.stroke([-20, y, SIDE + 20, y], r);
      for (let x = 0; x < SIDE; x++) {
        const column = coverage.data.filter((_, at) => at % SIDE === x);
        expect(sum(column)).toBeCloseTo(2 * r, 5);
      }
    }),
  );
});

// ∫ 2πd (½ + r − d) dd over the rim, d from r − ½ to r + ½, adds π/12 to the disc within.
test.each([0.7, 2, 3.3, 5])('over all its places a dot of radius %d covers π(r² + 1/12) pixels', (r) => {
  const steps = 20;
  let total = 0;
  for (let i = 0; i < steps * steps; i++) {
    const coverage = new Coverage(SIDE, SIDE);
    coverage.stroke([11 + (i % steps) / steps, 12 + Math.floor(i / steps) / steps], r);
    total += sum(coverage.data) / steps ** 2;
  }
  expect(total).toBeCloseTo(Math.PI * (r * r + 1 / 12), 2);
});

test('a slanted line has the area of its band and its two caps', () => {
  const coverage = new Coverage(SIDE, SIDE);
  coverage.stroke([6, 5, 17, 18], 2);
  const area = Math.PI * 4 + 2 * 2 * Math.hypot(11, 13);
  expect(Math.abs(sum(coverage.data) / area - 1)).toBeLessThan(0.01);
});

test('ink on ink stays ink, and clearing takes it away', () => {
  const once = new Coverage(SIDE, SIDE);
  once.stroke([4, 4, 20, 20], 1.5);
  const twice = new Coverage(SIDE, SIDE);
  twice.stroke([4, 4, 20, 20, 4, 4], 1.5);
  expect(sum(twice.data)).toBeCloseTo(sum(once.data), 4);
  twice.clear();
  expect(sum(twice.data)).toBe(0);
});
