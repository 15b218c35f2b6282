import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { RandomStream } from '../random/index.js';
import { nearestRows, type RowDistance } from './nearestRows.js';

const D = 5;
const rowsOf = (name: string, count: number, offset = 0) =>
  new RandomStream(3, name).normal(new Float32Array(count * D)).map((value) => value + offset);

/** By sorting all distances. */
function byBruteForce(queries: Float32Array, rows: Float32Array, k: number, distance: RowDistance) {
  const at = (values: Float32Array, n: number) => Array.from(values.subarray(n * D, (n + 1) * D));
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, j) => sum + value * b[j], 0);
  return Array.from({ length: queries.length / D }, (_, q) => {
    const a = at(queries, q);
    const all = Array.from({ length: rows.length / D }, (_, n) => {
      const b = at(rows, n);
      if (distance === 'cosine') return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      return a.reduce((sum, value, j) => sum + (value - b[j]) ** 2, 0);
    });
    const order = Array.from(all.keys()).sort((x, y) => all[x] - all[y] || x - y);
    return order.slice(0, k).map((index) => ({ index, distance: all[index] }));
  }).flat();
}

// Several blocks of each, which neither divides evenly; far from the origin float32 has few digits left.
const [queries, rows] = [rowsOf('queries', 35, 100), rowsOf('rows', 130, 100)];
const block = { queries: 16, rows: 64 };
const expectedBy = {
  euclidean: byBruteForce(queries, rows, 4, 'euclidean'),
  cosine: byBruteForce(queries, rows, 4, 'cosine'),
};

for (const { name, create } of engines) {
  test(`neighbours are those of all distances, over blocks and their rests, on ${name}`, async () => {
    const engine = create();
    for (const distance of ['euclidean', 'cosine'] as const) {
      const options = { dimensions: D, k: 4, distance, block };
      const { indices, distances } = await nearestRows(engine, queries, rows, options);
      const expected = expectedBy[distance];
      if (distance === 'euclidean') expect(Array.from(indices)).toEqual(expected.map(({ index }) => index));
      expected.forEach((each, i) => {
        expect(distances[i]).toBeCloseTo(each.distance, distance === 'cosine' ? 6 : 10);
      });
    }
    await engine.dispose();
  });
}

test('cosines do not ask for lengths, and a row of zeros has none', async () => {
  const rows = Float32Array.of(0, 0, 3, 0, 0, 0.1, -5, 0);
  const queries = Float32Array.of(100, 1);
  const options = { dimensions: 2, k: 4, distance: 'cosine' } as const;
  const { indices, distances } = await nearestRows(engines[0].create(), queries, rows, options);
  expect(Array.from(indices)).toEqual([1, 2, 0, 3]);
  expect(distances[2]).toBe(1);
});

test('of equally near rows the first come first', async () => {
  const rows = Float32Array.of(1, -1, 1, -1, 2);
  const { indices } = await nearestRows(engines[0].create(), Float32Array.of(0), rows, {
    dimensions: 1,
    k: 3,
  });
  expect(Array.from(indices)).toEqual([0, 1, 2]);
});

test('there must be as many rows as neighbours', async () => {
  const search = nearestRows(engines[0].create(), new Float32Array(2), new Float32Array(4), {
    dimensions: 2,
    k: 3,
  });
  await expect(search).rejects.toThrow('nearestRows: 2 rows are fewer than 3');
});
