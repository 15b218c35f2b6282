import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DataError, encodeNpy } from '../../data/index.js';
import { openDataset } from './open.js';

const root = await mkdtemp(join(tmpdir(), 'vaekit-clouds-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let folders = 0;

/** A new folder with these files. */
async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = join(root, String(folders++));
  await mkdir(folder);
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

/** Points that no two clouds share. */
const points = (count: number, start = 0) =>
  Float32Array.from({ length: 3 * count }, (_, i) => Math.sin(3 * i + start) * (1 + start));
const npy = (count: number, start?: number) => encodeNpy(points(count, start), [count, 3]);
const xyz = (count: number) =>
  Array.from(
    { length: count },
    (_, i) =>
      `${points(count)
        .slice(3 * i, 3 * i + 3)
        .join(' ')}\n`,
  ).join('');
const tetrahedron = 'OFF\n4 2 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2\n3 0 1 3\n';

test('a folder of clouds has their points in the unit sphere, and sub-folders for classes', async () => {
  const folder = await folderOf({ 'a/1.npy': npy(9), 'a/2.npy': npy(9, 1), 'b/1.npy': npy(9, 2) });
  const data = await openDataset(folder);
  expect(data.spec).toEqual({ kind: 'points', shape: [9, 3], dtype: 'float32' });
  expect(data.classes).toEqual(['a', 'b']);
  expect([0, 1, 2].map((i) => data.idOf(i))).toEqual(['a/1.npy', 'a/2.npy', 'b/1.npy']);
  const { x, labels } = await data.read([2, 0]);
  expect([...(labels ?? [])]).toEqual([1, 0]);
  for (const cloud of [x.subarray(0, 27), x.subarray(27)]) {
    const radii = Array.from({ length: 9 }, (_, i) => Math.hypot(...cloud.subarray(3 * i, 3 * i + 3)));
    expect(Math.max(...radii)).toBeCloseTo(1, 6);
  }
  expect(data.notices).toEqual([]);
});

test('the same cloud is the same in every kind of file, held in memory or read again', async () => {
  const folder = await folderOf({ '1.npy': npy(9), '2.xyz': xyz(9) });
  const data = await openDataset(folder);
  const { x } = await data.read([0, 1]);
  expect([...x.subarray(27)].map((value) => value.toFixed(5))).toEqual(
    [...x.subarray(0, 27)].map((value) => value.toFixed(5)),
  );
  for (const options of [{ points: 5 }, { points: 20 }, { points: 5, sampling: 'farthest' as const }]) {
    const held = await openDataset(folder, options);
    const read = await openDataset(folder, { ...options, cacheBytes: 0 });
    expect(await read.read([1, 0, 1])).toEqual(await held.read([1, 0, 1]));
    expect(read.fingerprint).toBe(held.fingerprint);
  }
});

test('what is not as asked for is told: fewer points, more, repeated ones, meshes, files that are no clouds', async () => {
  const twice = encodeNpy(Float32Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0, 2, 3, 4), [4, 3]);
  const folder = await folderOf({
    'a.npy': npy(9),
    'b.npy': npy(3),
    'c.npy': npy(6),
    'd.npy': twice,
    'e.off': tetrahedron,
    'f.npy': encodeNpy(Float32Array.of(1, 2, 3), [1, 3]),
    'g.npy': encodeNpy(Float32Array.of(1, Number.NaN, 3, 1, 2, 3), [2, 3]),
    'h.txt': 'words',
    'i.npy': encodeNpy(new Float32Array(20), [5, 4]),
    'j.npy': encodeNpy(Float32Array.of(1, 2, 3, 4), [2, 2]),
  });
  const { notices, size, spec } = await openDataset(folder);
  expect([size, spec.shape]).toEqual([5, [6, 3]]);
  expect(notices).toEqual([
    '5 files are left out: f.npy (it is a single point), g.npy (its point 0 has the coordinate NaN), h.txt (its name is not that of a cloud), i.npy (it has shape [5, 4], and a cloud is [points, 3] or [points, 2]), j.npy (it has 2 dimensions, and others have 3)',
    '1 of 5 files are meshes, of whose surface 6 points are drawn',
    '1 of 5 clouds have more than 6 points, of which 6 are taken; points=N changes that',
    '2 of 5 clouds have fewer than 6 points, some of which are taken again',
    '1 of 5 clouds have points at the same place, which are kept',
  ]);
  await expect(openDataset(folder, { strict: true })).rejects.toThrow(
    new DataError(
      `${join(folder, 'h.txt')}: its name is not that of a cloud; remove it, or leave out strict to go on without it`,
    ),
  );
});

test('clouds that are read like others have as many points as those', async () => {
  const first = await openDataset(await folderOf({ '1.npy': npy(9), '2.npy': npy(9, 1) }));
  const other = await openDataset(await folderOf({ '1.npy': npy(30), '2.npy': npy(30, 1) }), { like: first });
  expect(other.spec).toEqual(first.spec);
});

test.each<[string, Record<string, string | Uint8Array>, object, RegExp]>([
  [
    'no cloud',
    { 'a.xyz': '1 2 3\n' },
    {},
    /: no file can be read as a cloud of points: a\.xyz \(it is a single point\); give PLY, OFF, XYZ or NPY$/,
  ],
  [
    'one point',
    { 'a.xyz': xyz(4) },
    { points: 1 },
    /: the option points is a whole number from 2 on, not 1$/,
  ],
  [
    'a range',
    { 'a.xyz': xyz(4) },
    { range: [0, 1] },
    /: the option range has no effect on a folder of clouds; leave it out$/,
  ],
])('%s is refused in words', async (_, files, options, message) => {
  await expect(openDataset(await folderOf(files), options)).rejects.toThrow(message);
});

test('a single cloud is no data set', async () => {
  const folder = await folderOf({ 'a.xyz': xyz(4) });
  await expect(openDataset(join(folder, 'a.xyz'))).rejects.toThrow(
    'is a single cloud of points; give the folder that it is in',
  );
});
