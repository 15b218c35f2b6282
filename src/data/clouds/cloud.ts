/**
 * A cloud of points made ready for learning: centred at the mean of its points, scaled so that the farthest lies on the
 * unit sphere, and brought to a number of points.
 */
import { RandomStream } from '../../random/index.js';

/** Why something is no cloud to learn from, in a few words. */
export class UnreadableCloud extends Error {
  override readonly name = 'UnreadableCloud';
}

export const samplings = ['random', 'farthest'] as const;
/**
 * How fewer points are taken out of many: `random` draws them without replacement; `farthest` takes one at random and
 * then always the one farthest from all taken, which covers the shape evenly.
 */
export type Sampling = (typeof samplings)[number];

export interface ResampleOptions {
  /** Points of the result. */
  readonly points: number;
  /** @default 'random' */
  readonly sampling?: Sampling;
  /** Number of the sample, by which its draws differ from those of others. */
  readonly index: number;
}

/** Refused before they are read. */
export const MOST_POINTS = 10_000_000;
/** Farthest points are looked for among so many, drawn at random, of a larger cloud. */
const MOST_CANDIDATES = 50_000;

/** @throws UnreadableCloud if there are too few or too many */
export function requireCount(count: number): void {
  if (count < 2) throw new UnreadableCloud(count === 1 ? 'it is a single point' : 'it has no points');
  if (count > MOST_POINTS) throw new UnreadableCloud(`its ${count} points are more than 10 million`);
}

/**
 * x ← (x − mean) / max |x − mean|
 *
 * @param values [points, dimensions]
 * @throws UnreadableCloud if a coordinate is not finite, or all points are at one place
 */
export function normalised(values: ArrayLike<number>, dimensions: number): Float32Array {
  const count = values.length / dimensions;
  requireCount(count);
  const mean = new Float64Array(dimensions);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new UnreadableCloud(`its point ${Math.floor(i / dimensions)} has the coordinate ${values[i]}`);
    mean[i % dimensions] += values[i] / count;
  }
  let farthest = 0;
  for (let point = 0; point < count; point++) {
    let square = 0;
    for (let axis = 0; axis < dimensions; axis++)
      square += (values[point * dimensions + axis] - mean[axis]) ** 2;
    farthest = Math.max(farthest, square);
  }
  const radius = Math.sqrt(farthest);
  // Below this, the cloud's extent is the rounding of its coordinates.
  const rounding = 1e-12 * Math.max(...mean.map(Math.abs));
  if (!(radius > rounding)) throw new UnreadableCloud('all its points are at one place');
  return Float32Array.from({ length: values.length }, (_, i) => (values[i] - mean[i % dimensions]) / radius);
}

/**
 * As many points as are asked for. Where the cloud has fewer, all of them and some again, drawn with replacement; where
 * it has as many, they stay in their order.
 *
 * @param cloud [points, dimensions]
 */
export function resampled(
  cloud: Float32Array,
  dimensions: number,
  { points, sampling = 'random', index }: ResampleOptions,
): Float32Array {
  const count = cloud.length / dimensions;
  if (points === count) return cloud;
  const stream = new RandomStream(0, 'points of clouds');
  const chosen =
    points > count
      ? withRepeats(count, points, stream, index)
      : sampling === 'random'
        ? drawn(count, points, stream, index)
        : farthest(cloud, dimensions, points, drawn(count, Math.min(count, MOST_CANDIDATES), stream, index));
  const result = new Float32Array(points * dimensions);
  chosen.forEach((point, i) => {
    result.set(cloud.subarray(point * dimensions, (point + 1) * dimensions), i * dimensions);
  });
  return result;
}

function withRepeats(count: number, points: number, stream: RandomStream, step: number): Uint32Array {
  const uniform = stream.uniform(new Float32Array(points), step);
  return Uint32Array.from(uniform, (u, i) => (i < count ? i : Math.floor(u * count)));
}

/** Different numbers below `count`: the first steps of Fisher and Yates's shuffle. */
function drawn(count: number, wanted: number, stream: RandomStream, step: number): Uint32Array {
  const words = stream.words(new Uint32Array(wanted), step);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < wanted; i++) {
    const other = i + (words[i] % (count - i));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order.subarray(0, wanted);
}

/** Farthest-point sampling, from the first of the candidates (Eldar et al. 1997). */
function farthest(
  cloud: Float32Array,
  dimensions: number,
  wanted: number,
  candidates: Uint32Array,
): Uint32Array {
  const chosen = new Uint32Array(wanted);
  const nearest = new Float64Array(candidates.length).fill(Number.POSITIVE_INFINITY);
  let next = 0;
  for (let i = 0; i < wanted; i++) {
    chosen[i] = candidates[next];
    const from = chosen[i] * dimensions;
    let best = 0;
    for (let j = 0; j < candidates.length; j++) {
      let square = 0;
      for (let axis = 0; axis < dimensions; axis++)
        square += (cloud[candidates[j] * dimensions + axis] - cloud[from + axis]) ** 2;
      if (square < nearest[j]) nearest[j] = square;
      if (nearest[j] > nearest[best]) best = j;
    }
    next = best;
  }
  return chosen;
}

/** Whether some points are at the same place. */
export function hasRepeats(values: ArrayLike<number>, dimensions: number): boolean {
  const places = new Set<string>();
  const count = values.length / dimensions;
  for (let point = 0; point < count; point++) {
    const place: number[] = [];
    for (let axis = 0; axis < dimensions; axis++) place.push(values[point * dimensions + axis]);
    places.add(place.join());
  }
  return places.size < count;
}
