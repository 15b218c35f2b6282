/**
 * The sliced distance of two batches of draws from the ring, which that of codes and ring does not fall below for long:
 *
 *   node reproductions/swae/twoDraws.js
 */
import { RandomStream } from 'vaekit';

const BATCH = 500;
const TRIALS = 40;
const PROJECTIONS = 50;

const uniform = (name, count) => new RandomStream(0, name).uniform(new Float32Array(count));

const angles = uniform('angles', 2 * TRIALS * BATCH).map((u) => 2 * Math.PI * u);
// Uniform over the area between the circles of radius ½ and 1.
const radii = uniform('radii', 2 * TRIALS * BATCH).map((u) => Math.sqrt(0.25 + 0.75 * u));
const directions = uniform('directions', TRIALS * PROJECTIONS).map((u) => 2 * Math.PI * u);

/** Draws [start, start + BATCH) on a line in some direction, in order. */
const projected = (start, direction) =>
  angles
    .slice(start, start + BATCH)
    .map((angle, i) => radii[start + i] * Math.cos(angle - direction))
    .sort();

let total = 0;
directions.forEach((direction, i) => {
  const at = 2 * Math.floor(i / PROJECTIONS) * BATCH;
  const [a, b] = [at, at + BATCH].map((start) => projected(start, direction));
  for (let n = 0; n < BATCH; n++) total += (a[n] - b[n]) ** 2 / BATCH / directions.length;
});
console.log(total.toPrecision(3));
