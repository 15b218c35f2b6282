/** Points on the surface of a mesh, evenly by area: the corners alone would tell where a modeller put detail, not the shape. */
import { RandomStream } from '../../random/index.js';
import { UnreadableCloud } from './cloud.js';

export interface Mesh {
  /** [vertices, 3] */
  readonly vertices: Float64Array;
  /** Polygons as numbers of their vertices, in order around each. */
  readonly faces: readonly (readonly number[])[];
}

/**
 * Uniform points of the surface, [points, 3]. A polygon is cut into triangles that share its first vertex; in a triangle
 * a, b, c the point is a + (1 − v)·√u·(b − a) + v·√u·(c − a) for uniform u, v (Osada et al. 2002, §3.2).
 *
 * @param index number of the sample, by which its draws differ from those of others
 * @throws UnreadableCloud if a face names a vertex that there is not, or the surface has no area
 */
export function surfacePoints({ vertices, faces }: Mesh, points: number, index: number): Float64Array {
  const triangles = faces.flatMap(trianglesOf);
  const corner = (vertex: number) => vertices.subarray(3 * vertex, 3 * vertex + 3);
  const until = new Float64Array(triangles.length);
  let area = 0;
  triangles.forEach((triangle, i) => {
    const missing = triangle.find((vertex) => !(vertex >= 0 && 3 * vertex < vertices.length));
    if (missing !== undefined)
      throw new UnreadableCloud(`a face has the vertex ${missing}, which there is not`);
    const [a, b, c] = triangle.map(corner);
    area += areaOf(a, b, c);
    until[i] = area;
  });
  if (!(area > 0 && Number.isFinite(area))) throw new UnreadableCloud('its faces have no area');
  const uniform = new RandomStream(0, 'surfaces of meshes').uniform(new Float32Array(3 * points), index);
  const result = new Float64Array(3 * points);
  for (let i = 0; i < points; i++) {
    const [which, u, v] = uniform.subarray(3 * i, 3 * i + 3);
    const [a, b, c] = triangles[firstAbove(until, which * area)].map(corner);
    const root = Math.sqrt(u);
    for (let axis = 0; axis < 3; axis++)
      result[3 * i + axis] = a[axis] + root * ((1 - v) * (b[axis] - a[axis]) + v * (c[axis] - a[axis]));
  }
  return result;
}

function trianglesOf(face: readonly number[]): [number, number, number][] {
  return face.slice(2).map((last, i) => [face[0], face[i + 1], last]);
}

function areaOf(a: Float64Array, b: Float64Array, c: Float64Array): number {
  const [x, y, z] = [0, 1, 2].map((axis) => b[axis] - a[axis]);
  const [p, q, r] = [0, 1, 2].map((axis) => c[axis] - a[axis]);
  return 0.5 * Math.hypot(y * r - z * q, z * p - x * r, x * q - y * p);
}

/** Index of the first of growing numbers that is greater. */
function firstAbove(growing: Float64Array, value: number): number {
  let [low, high] = [0, growing.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (growing[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
