/**
 * Primitives: points on the surfaces of solids, stretched at random along the three axes. A sample depends on the seed
 * and its own number alone, so a larger set begins with the smaller one.
 *
 *   sphere     radius 1
 *   box        the cube [−1, 1]³
 *   cylinder   radius 1, from −1 to 1, with both lids
 *   torus      radius 1 of the ring and 0.4 of the tube
 *
 * Points are uniform on the surface before it is stretched by a factor from ½ to 1 on each axis; then the cloud is
 * centred and scaled into the unit sphere, as all clouds are.
 */
import { RandomStream } from '../random/index.js';
import { normalised } from './clouds/cloud.js';
import type { Dataset } from './dataset.js';
import { type GeneratedOptions, requireLength, requireSize } from './generatedOptions.js';
import { requireIndices } from './indices.js';

const TUBE = 0.4;
const SMALLEST_SCALE = 0.5;
const DEFAULT_POINTS = 256;
/** Uniform numbers that a point takes, after three for the scales. */
const PER_POINT = 3;

type Point = readonly [x: number, y: number, z: number];
/** A uniform point of a surface from three uniform numbers. */
type Surface = (u: number, v: number, w: number) => Point;

const shapes: Readonly<Record<string, Surface>> = {
  sphere: (u, v) => {
    const z = 2 * u - 1;
    const radius = Math.sqrt(1 - z * z);
    return [radius * Math.cos(2 * Math.PI * v), radius * Math.sin(2 * Math.PI * v), z];
  },
  box: (u, v, w) => {
    const face = Math.floor(6 * w);
    const [a, b, c] = [2 * u - 1, 2 * v - 1, face % 2 === 0 ? 1 : -1];
    return face < 2 ? [c, a, b] : face < 4 ? [a, c, b] : [a, b, c];
  },
  cylinder: (u, v, w) => {
    const angle = 2 * Math.PI * u;
    // The side has area 4π, the lids π each.
    const radius = w < 2 / 3 ? 1 : Math.sqrt(v);
    const z = w < 2 / 3 ? 2 * v - 1 : w < 5 / 6 ? 1 : -1;
    return [radius * Math.cos(angle), radius * Math.sin(angle), z];
  },
  torus: (u, v) => {
    const around = 2 * Math.PI * u;
    const angle = tubeAngle(v);
    const radius = 1 + TUBE * Math.cos(angle);
    return [radius * Math.cos(around), radius * Math.sin(around), TUBE * Math.sin(angle)];
  },
};
const surfaces = Object.values(shapes);

/**
 * The angle around the tube, whose density grows with the distance from the axis, 1 + r cos t: the solution of
 * t + r sin t = 2πv. Newton's steps converge from 2πv, for the derivative is no less than 1 − r.
 */
function tubeAngle(v: number): number {
  const wanted = 2 * Math.PI * v;
  let t = wanted;
  for (let i = 0; i < 8; i++) t -= (t + TUBE * Math.sin(t) - wanted) / (1 + TUBE * Math.cos(t));
  return t;
}

/** Clouds [points, 3] of the four shapes in turn, which are their classes. */
export function primitives({
  size = 10_000,
  seed = 0,
  points = DEFAULT_POINTS,
}: Pick<GeneratedOptions, 'size' | 'seed' | 'points'> = {}): Dataset {
  requireSize('primitives', size);
  requireLength('primitives', 'points', points, 2);
  const stream = new RandomStream(seed, 'primitives');
  const draws = new Float32Array(3 + PER_POINT * points);
  const cloud = new Float64Array(3 * points);
  const drawCloud = (index: number) => {
    stream.uniform(draws, index);
    const scales = draws.subarray(0, 3);
    const surface = surfaces[index % surfaces.length];
    for (let i = 0; i < points; i++) {
      const [u, v, w] = draws.subarray(3 + PER_POINT * i, 3 + PER_POINT * (i + 1));
      surface(u, v, w).forEach((value, axis) => {
        cloud[3 * i + axis] = value * (SMALLEST_SCALE + (1 - SMALLEST_SCALE) * scales[axis]);
      });
    }
    return normalised(cloud, 3);
  };
  return {
    name: 'primitives',
    spec: { kind: 'points', shape: [points, 3], dtype: 'float32' },
    size,
    classes: Object.keys(shapes),
    notices: [],
    fingerprint: `primitives-1-${size}-${seed}-${points}`,
    async read(indices) {
      requireIndices(indices, 'primitives', size);
      const x = new Float32Array(indices.length * 3 * points);
      for (let i = 0; i < indices.length; i++) x.set(drawCloud(indices[i]), i * 3 * points);
      return { x, labels: Int32Array.from(indices, (index) => index % surfaces.length) };
    },
    idOf: String,
    close: async () => {},
  };
}
