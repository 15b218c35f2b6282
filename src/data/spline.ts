/**
 * Smooth curves through points, as polylines: uniform Catmull-Rom splines, the tangent at a point being half the way
 * from its predecessor to its successor.
 *
 * Source: Catmull & Rom, "A class of local interpolating splines", 1974.
 */
import type { Polyline } from './strokes.js';

/**
 * The curve through points x₀, y₀, x₁, y₁ …; a point that stands twice in a row is a corner.
 *
 * @param steps pieces between one point and the next
 */
export function spline(points: Polyline, steps: number): Float64Array {
  const spans = points.length / 2 - 1;
  const line = new Float64Array(2 * (spans * steps + 1));
  line[0] = points[0];
  line[1] = points[1];
  let length = 2;
  for (let span = 0; span < spans; span++) {
    const at = 2 * span;
    if (points[at] === points[at + 2] && points[at + 1] === points[at + 3]) continue;
    for (let step = 1; step <= steps; step++) {
      line[length++] = between(points, at, step / steps);
      line[length++] = between(points, at + 1, step / steps);
    }
  }
  return line.subarray(0, length);
}

/** One coordinate of the span that starts at entry `at`, at t in [0, 1]. */
function between(points: Polyline, at: number, t: number): number {
  const from = points[at];
  const to = points[at + 2];
  // Beyond an end the curve is thought to go on straight.
  const before = at >= 2 ? points[at - 2] : 2 * from - to;
  const after = at + 4 < points.length ? points[at + 4] : 2 * to - from;
  const linear = to - before;
  const square = 2 * before - 5 * from + 4 * to - after;
  const cube = 3 * (from - to) + after - before;
  return from + 0.5 * t * (linear + t * (square + t * cube));
}
