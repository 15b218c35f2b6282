/**
 * The sliced distance of two batches of draws from the ring, which that of codes and ring cannot fall below:
 *
 *   node reproductions/swae/twoDraws.js
 */
import { RandomStream } from 'vaekit';

const BATCH = 500;
const TRIALS = 40;
const PROJECTIONS = 50;

const angles = (name, count) =>
  new RandomStream(0, name).uniform(new Float32Array(count)).map((u) => 2 * Math.PI * u);

/** Draws on a line in some direction, in order: of an angle on the ring, the cosine of the difference. */
const projected = (draws, direction) => draws.map((angle) => Math.cos(angle - direction)).sort();

const draws = angles('ring', 2 * TRIALS * BATCH);
const directions = angles('directions', TRIALS * PROJECTIONS);
let total = 0;
directions.forEach((direction, i) => {
  const at = 2 * Math.floor(i / PROJECTIONS) * BATCH;
  const [a, b] = [at, at + BATCH].map((start) => projected(draws.slice(start, start + BATCH), direction));
  for (let n = 0; n < BATCH; n++) total += (a[n] - b[n]) ** 2 / BATCH / directions.length;
});
console.log(total.toPrecision(3));
