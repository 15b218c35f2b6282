/**
 * Where the points of many clouds lie, all together: how often each cell of a grid over the unit sphere is hit, and how far apart
 * two such distributions are.
 *
 * Source: Achlioptas et al., ICML 2018, §4 (arXiv:1707.02392) and its code: the cells are those of a cubic grid of 28³ centres from
 * side to side whose centres lie in the sphere, and a point counts for the nearest of them.
 */

export const CELLS_PER_SIDE = 28;

/** Counts of the cells, in one fixed order. @param points rows [count, 3], in the unit sphere or near it */
export function occupancy(points: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(CELLS_PER_SIDE ** 3);
  for (let i = 0; i < points.length; i += 3) counts[cellOf([points[i], points[i + 1], points[i + 2]])]++;
  return counts;
}

type Point = readonly [number, number, number];

const STEP = 2 / (CELLS_PER_SIDE - 1);
const centre = (index: number) => index * STEP - 1;
const indexOf = ([i, j, k]: Point) => (i * CELLS_PER_SIDE + j) * CELLS_PER_SIDE + k;
const squaredNorm = ([x, y, z]: Point) => x * x + y * y + z * z;

interface Cell {
  readonly at: Point;
  readonly index: number;
}

/** Found when the first point lies outside of the sphere. */
let rim: readonly Cell[] | undefined;

/** Cells whose centres lie in the sphere, from the outside in as far as points outside of it can be nearest to them. */
function rimCells(): Cell[] {
  const all = Array.from({ length: CELLS_PER_SIDE }, (_, i) => i);
  const cells = all.flatMap((i) => all.flatMap((j) => all.map((k): Point => [i, j, k])));
  const at = ([i, j, k]: Point): Point => [centre(i), centre(j), centre(k)];
  const isIn = (cell: Point) => squaredNorm(at(cell)) <= 1;
  const isOuter = (cell: Point) =>
    cell.some((_, axis) =>
      [-1, 1].some(
        (side) => !isIn(cell.map((each, k) => (k === axis ? each + side : each)) as [number, number, number]),
      ),
    );
  return cells
    .filter((cell) => isIn(cell) && isOuter(cell))
    .map((cell) => ({ at: at(cell), index: indexOf(cell) }));
}

function cellOf(point: Point): number {
  const nearest = point.map((x) => Math.min(CELLS_PER_SIDE - 1, Math.max(0, Math.round((x + 1) / STEP))));
  const [i, j, k] = nearest;
  if (squaredNorm([centre(i), centre(j), centre(k)]) <= 1) return indexOf([i, j, k]);
  rim ??= rimCells();
  let [best, least] = [rim[0].index, Infinity];
  for (const { at, index } of rim) {
    const distance = squaredNorm([at[0] - point[0], at[1] - point[1], at[2] - point[2]]);
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}

/**
 * Jensen-Shannon divergence of two histograms, in bits: 0 where they are proportional, 1 where no cell has both.
 *
 * @throws RangeError if one of them is empty
 */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const total = (counts: ArrayLike<number>) => Array.from(counts).reduce((sum, count) => sum + count, 0);
  const [all, others] = [total(p), total(q)];
  if (!(all > 0 && others > 0)) throw new RangeError('jensenShannon: a histogram has no counts');
  let divergence = 0;
  for (let i = 0; i < p.length; i++) {
    const [a, b] = [p[i] / all, q[i] / others];
    const middle = (a + b) / 2;
    if (a > 0) divergence += (a / 2) * Math.log2(a / middle);
    if (b > 0) divergence += (b / 2) * Math.log2(b / middle);
  }
  return divergence;
}
