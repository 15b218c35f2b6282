import { expect, test } from 'vitest';
import { fromImages, fromTable } from './arrays.js';
import { rowOf } from './specs.js';
import { requireHoles, summarise, withMoments } from './statistics.js';

const all = (size: number) => ({ size, at: (position: number) => position });

test('moments of numeric columns are the mean and the deviation, of counts those of log(1 + x)', async () => {
  const data = fromTable(Float32Array.of(1, 0, 0, 3, 7, 1, 5, 3, 1, 7, 0, 0), [
    'a',
    { name: 'n', type: 'count' },
    { name: 'b', type: 'binary' },
  ]);
  const spec = await withMoments(data, all(4));
  if (spec.kind !== 'table') throw new Error('a table is expected');
  const [a, n, b] = spec.columns;
  expect(a.mean).toBeCloseTo(4, 12);
  expect(a.deviation).toBeCloseTo(Math.sqrt(5), 12);
  const logs = [0, Math.log(8), Math.log(4), 0];
  const mean = logs.reduce((sum, value) => sum + value) / 4;
  expect(n.mean).toBeCloseTo(mean, 12);
  expect(n.deviation).toBeCloseTo(
    Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4),
    12,
  );
  expect(b).toEqual({ name: 'b', type: 'binary', categories: ['0', '1'] });
});

test('only the part is measured', async () => {
  const data = fromTable(Float32Array.of(1, 2, 1e6), ['a']);
  const spec = await withMoments(data, all(2));
  expect(spec).toMatchObject({ columns: [{ mean: 1.5, deviation: 0.5 }] });
});

test('large values with a small spread keep their deviation', async () => {
  // Sums of squares in float64 would lose all but two digits of it.
  const values = Float32Array.from({ length: 30_000 }, (_, i) => 16_000_000 + (i % 2));
  const spec = await withMoments(fromTable(values, ['a']), all(30_000));
  if (spec.kind !== 'table') throw new Error('a table is expected');
  expect(spec.columns[0].deviation).toBeCloseTo(0.5, 6);
});

test('a constant column has deviation 1', async () => {
  const spec = await withMoments(fromTable(Float32Array.of(0.1, 0.1, 0.1), ['a']), all(3));
  expect(spec).toMatchObject({ columns: [{ deviation: 1 }] });
});

test('pictures keep their spec, and their values are summed up over all pixels', async () => {
  const data = fromImages(Uint8Array.of(0, 10, 20, 250), [1, 2, 1], { labels: ['b', 'b'] });
  expect(await withMoments(data, all(2))).toBe(data.spec);
  expect(await summarise(data, all(2))).toEqual({
    values: [{ min: 0, max: 250, mean: 70 }],
    classCounts: [2],
    unknownCount: 0,
  });
});

test('values of a table are summed up by column', async () => {
  const data = fromTable(Float32Array.of(1, -5, 3, 5), ['a', 'b']);
  expect((await summarise(data, all(2))).values).toEqual([
    { min: 1, max: 3, mean: 2 },
    { min: -5, max: 5, mean: 0 },
  ]);
});

test('what is missing does not count', async () => {
  const N = Number.NaN;
  const columns = ['a', { name: 'n', type: 'count' as const }];
  const data = fromTable(Float32Array.of(1, N, N, 3, 5, N, 3, 3), columns, { holes: true });
  const { columns: measured = [] } = rowOf(await withMoments(data, all(4))) ?? {};
  expect(measured).toMatchObject([{ mean: 3 }, { mean: Math.log(4), deviation: 1 }]);
  expect(measured[0].deviation).toBeCloseTo(Math.sqrt(8 / 3), 12);
  const { values } = await summarise(data, all(4));
  expect(values).toEqual([
    { min: 1, max: 5, mean: 3 },
    { min: 3, max: 3, mean: 3 },
  ]);
});

test('with holes to learn from, something is missing, and something is there of every column', async () => {
  const table = (...values: number[]) => fromTable(Float32Array.from(values), ['a', 'b'], { holes: true });
  const N = Number.NaN;
  await requireHoles(table(1, 2, N, N, 3, 4), all(3));
  await expect(requireHoles(table(1, 2, 3, 4, N, 5), all(2))).rejects.toThrow(
    'table: nothing is missing in the training part, so missing=mask has no effect; leave it out',
  );
  await expect(requireHoles(table(1, N, 3, N, 5, 6), all(2))).rejects.toThrow(
    "table: column 'b' has no value in the training part, so there is nothing to learn; leave it out",
  );
  const pictures = fromImages(new Float32Array(4).fill(N), [2, 2, 1], { holes: true });
  await expect(requireHoles(pictures, all(1))).rejects.toThrow(
    'images: the samples have no value in the training part, so there is nothing to learn; leave it out',
  );
});
