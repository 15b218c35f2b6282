/**
 * Distances between all clouds of one set and all of another: the Chamfer distance on the engine, the earth mover's by a matching
 * of each pair that is exact for up to 512 points, and above that within a thousandth of a percent of the mean distance.
 */
import { auction, type Engine } from '../engine/index.js';
import { chamfer } from '../nn/index.js';
import { Permutation, type RandomStream } from '../random/index.js';
import { input, Program } from '../tensor/index.js';
import { exactAssignment } from './assignment.js';
import type { DistanceMatrix } from './cloudSets.js';

/** Clouds as rows [count, points, dimensions]. */
export interface Clouds {
  readonly data: Float32Array;
  readonly count: number;
  readonly points: number;
  readonly dimensions: number;
}

const MOST_EXACT = 512;
const AUCTION_TOLERANCE = 1e-5;

/** How a pair of clouds of so many points is matched, in words. */
export function solverFor(points: number): string {
  if (points <= MOST_EXACT) return 'exact matching by shortest augmenting paths';
  return `matching by an auction, within ${AUCTION_TOLERANCE} of the mean distance`;
}

export type TableOptions = { readonly engine: Engine; readonly signal?: AbortSignal };
export type CloudTable = (rows: Clouds, columns: Clouds, options: TableOptions) => Promise<DistanceMatrix>;

/** Squared distances to the nearest point, means over the points of both directions added. */
export const chamferTable: CloudTable = async (rows, columns, { engine, signal }) => {
  const { points, dimensions } = rows;
  const others = [columns.count, columns.points, dimensions];
  const one = input('one', [1, points, dimensions]).broadcastTo([columns.count, points, dimensions]);
  const executable = await engine.compile(
    new Program({ outputs: { distances: chamfer(one, input('others', others), 'mean') } }),
  );
  const values = new Float64Array(rows.count * columns.count);
  try {
    for (let i = 0; i < rows.count; i++) {
      const feeds = { one: cloudAt(rows, i), others: columns.data };
      const { distances } = await executable.run(feeds, { signal });
      values.set(distances, i * columns.count);
    }
  } finally {
    await executable.dispose();
  }
  return { rows: rows.count, columns: columns.count, values };
};

/** Mean distance of points matched one to one. A table of a set with itself is computed half. */
export const earthMoversTable: CloudTable = async (rows, columns, { signal }) => {
  const values = new Float64Array(rows.count * columns.count);
  const isSame = rows === columns;
  for (let i = 0; i < rows.count; i++) {
    signal?.throwIfAborted();
    // Whoever waits for something else gets a turn.
    await new Promise((resolve) => setTimeout(resolve));
    const cloud = cloudAt(rows, i);
    for (let j = isSame ? i + 1 : 0; j < columns.count; j++) {
      const distance = earthMoversDistance(cloud, cloudAt(columns, j), rows);
      values[i * columns.count + j] = distance;
      if (isSame) values[j * columns.count + i] = distance;
    }
  }
  return { rows: rows.count, columns: columns.count, values };
};

/** Mean distance of the points of two clouds, matched one to one. */
export function earthMoversDistance(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { points: n, dimensions }: Pick<Clouds, 'points' | 'dimensions'>,
): number {
  const cost = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let square = 0;
      for (let k = 0; k < dimensions; k++) square += (a[i * dimensions + k] - b[j * dimensions + k]) ** 2;
      cost[i * n + j] = Math.sqrt(square);
    }
  }
  const columns = n <= MOST_EXACT ? exactAssignment(cost, n) : auction(cost, n, AUCTION_TOLERANCE);
  return columns.reduce((sum, column, row) => sum + cost[row * n + column], 0) / n;
}

/** At most so many points of each cloud, drawn without putting back. */
export function somePoints(clouds: Clouds, most: number, stream: RandomStream): Clouds {
  const { data, count, points, dimensions } = clouds;
  if (points <= most) return clouds;
  const chosen = new Float32Array(count * most * dimensions);
  for (let cloud = 0; cloud < count; cloud++) {
    const order = new Permutation(points, stream, cloud);
    for (let i = 0; i < most; i++) {
      const from = (cloud * points + order.at(i)) * dimensions;
      chosen.set(data.subarray(from, from + dimensions), (cloud * most + i) * dimensions);
    }
  }
  return { data: chosen, count, points: most, dimensions };
}

function cloudAt({ data, points, dimensions }: Clouds, index: number): Float32Array {
  return data.subarray(index * points * dimensions, (index + 1) * points * dimensions);
}
