import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { DataError, encodeNpy, encodeNpz } from '../../data/index.js';
import { listFiles } from './listFiles.js';
import { openDataset } from './open.js';

const root = await mkdtemp(join(tmpdir(), 'vaekit-open-'));
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;

async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = join(root, String(folders++));
  await mkdir(folder);
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

/** An IDX file of bytes. */
function idx(shape: readonly number[], bytes: ArrayLike<number>): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * axis);
  return Buffer.concat([header, Uint8Array.from(bytes)]);
}

const ramp = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 41) % 256);

const mnist = {
  'train-images-idx3-ubyte': idx([3, 2, 2], ramp(12)),
  'train-labels-idx1-ubyte': idx([3], [7, 2, 7]),
  't10k-images-idx3-ubyte': idx([2, 2, 2], ramp(8).reverse()),
  't10k-labels-idx1-ubyte': idx([2], [2, 9]),
};

test('a generated set is opened by its name, with its options', async () => {
  const data = await openDataset('two-moons', { size: 20, seed: 3, cacheBytes: 5 });
  expect([data.name, data.size]).toEqual(['two-moons', 20]);
});

test.each([
  ['plain', (bytes: Uint8Array) => bytes, ''],
  ['packed with gzip', (bytes: Uint8Array) => gzipSync(bytes), '.gz'],
])('a folder of IDX files, %s, is one data set with a test set', async (_, pack, suffix) => {
  const packed = Object.entries(mnist).map(([name, bytes]) => [name + suffix, pack(bytes)]);
  const folder = await folderOf(Object.fromEntries(packed));
  for (const cacheBytes of [undefined, 0]) {
    const data = await openDataset(folder, { cacheBytes });
    expect(data.spec).toMatchObject({ shape: [2, 2, 1], dtype: 'uint8', range: [0, 255] });
    expect([data.size, data.testSize, data.classes]).toEqual([5, 2, ['2', '7', '9']]);
    const { x, labels } = await data.read([2, 3, 4]);
    expect([...x]).toEqual([...ramp(12).subarray(8), ...ramp(8).reverse()]);
    expect([...(labels ?? [])]).toEqual([1, 0, 2]);
    await data.close();
  }
});

test('other names and a missing test set are understood', async () => {
  const folder = await folderOf({
    'emnist-letters-train-images-idx3-ubyte': mnist['train-images-idx3-ubyte'],
    'emnist-letters-train-labels-idx1-ubyte.gz': gzipSync(mnist['train-labels-idx1-ubyte']),
  });
  const data = await openDataset(folder);
  expect([data.size, data.testSize, data.classes]).toEqual([3, undefined, ['2', '7']]);
});

test('archives beside what was unpacked from them, and both in a sub-folder, are one set', async () => {
  const files: Record<string, Uint8Array> = {};
  for (const [name, bytes] of Object.entries(mnist)) {
    files[`MNIST/raw/${name}`] = bytes;
    files[`MNIST/raw/${name}.gz`] = gzipSync(bytes);
  }
  const data = await openDataset(await folderOf(files));
  expect([data.size, data.testSize, data.classes]).toEqual([5, 2, ['2', '7', '9']]);
});

test('one IDX file is opened with the labels beside it', async () => {
  const folder = await folderOf(mnist);
  const data = await openDataset(join(folder, 't10k-images-idx3-ubyte'));
  expect([data.size, data.classes]).toEqual([2, ['2', '9']]);
  expect(data.notices).toEqual([`labels are read from ${join(folder, 't10k-labels-idx1-ubyte')}`]);
});

test('tables and arrays are opened by their path, which messages name', async () => {
  const folder = await folderOf({
    'a b.csv': 'x,y\n1,2\n3,oops\n4,5\n',
    'c.npz': encodeNpz({ x: { values: ramp(8), shape: [2, 2, 2] } }),
    'd.npy': encodeNpy(ramp(8), [4, 2]),
  });
  const path = join(folder, 'a b.csv');
  await expect(openDataset(path)).rejects.toThrow(`${path}, line 3, column 'y': 'oops' is not a number`);
  const table = await openDataset(path, { types: { y: 'ignore' } });
  expect([table.name, table.size]).toEqual(['a-b', 3]);
  expect((await openDataset(join(folder, 'c.npz'))).size).toBe(2);
  const array = await openDataset(join(folder, 'd.npy'), { cacheBytes: 0 });
  expect([...(await array.read([3, 0])).x]).toEqual([246, 31, 0, 41]);
  await array.close();
  await array.close();
});

test('the fingerprint tells contents from contents, not paths or options', async () => {
  const text = 'x\n1\n2\n4\n';
  const folder = await folderOf({ 'a.csv': text, 'b.csv': text, 'c.csv': 'x\n1\n2\n5\n' });
  const of = async (file: string) => (await openDataset(join(folder, file))).fingerprint;
  expect(await of('a.csv')).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await of('a.csv')).toBe(await of('b.csv'));
  expect(await of('a.csv')).not.toBe(await of('c.csv'));
  const moved = await folderOf(mnist);
  const before = (await openDataset(moved)).fingerprint;
  await rename(moved, `${moved}-moved`);
  expect((await openDataset(`${moved}-moved`)).fingerprint).toBe(before);
});

test('files are listed by code point, through links, and without going round in circles', async () => {
  const folder = await folderOf({ 'b/x': '1', 'a/y': '1', B: '1', '.git/z': '1', 'Thumbs.db': '1' });
  await symlink(folder, join(folder, 'a', 'circle'));
  await symlink(join(folder, 'nowhere'), join(folder, 'broken'));
  await symlink(join(folder, 'B'), join(folder, 'a', 'link'));
  expect(await listFiles(folder)).toEqual(['B', 'a/link', 'a/y', 'b/x']);
});

test.each<[string, Record<string, string | Uint8Array>, string, string]>([
  [
    'an empty folder',
    {},
    '',
    ': the folder is empty; looked in it and its sub-folders for pictures (PNG, JPEG, WebP, GIF, TIFF or AVIF), clouds of points (PLY, OFF, XYZ) and train-images-idx3-ubyte',
  ],
  [
    'a folder of other files',
    { 'a.txt': '1', 'b.doc': '1', 'c.pdf': '1', 'd.odt': '1' },
    '',
    ': holds no data, only a.txt, b.doc, c.pdf and 1 more; looked in it and its sub-folders for pictures (PNG, JPEG, WebP, GIF, TIFF or AVIF), clouds of points (PLY, OFF, XYZ) and train-images-idx3-ubyte',
  ],
  [
    'a folder around a table',
    { 'sub/a.csv': 'x\n1\n' },
    '',
    ': holds no pictures, but sub/a.csv; give the path of that file: FOLDER/sub/a.csv',
  ],
  [
    'a folder around clouds and other data',
    { 'chair/a.npy': '', 'chair/b.npy': '', 'voxels.npz': '' },
    '',
    ': holds clouds of points in chair, and other data beside them; give the path of that folder: FOLDER/chair',
  ],
  [
    'several IDX sets',
    { 'a-train-images-idx3-ubyte': '', 'b-train-images-idx3-ubyte': '' },
    '',
    ': holds several data sets (a-train-images-idx3-ubyte, b-train-images-idx3-ubyte); give the path of one of these files',
  ],
  [
    'labels that do not fit',
    { ...mnist, 't10k-labels-idx1-ubyte': idx([1], [0]) },
    '',
    '/t10k-labels-idx1-ubyte: has 1 labels for the 2 pictures of FOLDER/t10k-images-idx3-ubyte; fetch both again',
  ],
  [
    'pictures that are cut short',
    { ...mnist, 't10k-images-idx3-ubyte': mnist['t10k-images-idx3-ubyte'].subarray(0, 20) },
    '',
    '/t10k-images-idx3-ubyte: its header declares uint8 [2, 2, 2], which takes 8 bytes, but 4 bytes follow; the file is cut short, so fetch it again',
  ],
  ['an empty file', { 'a.csv': '' }, '/a.csv', ': is empty; give a file with data'],
  ['a path that is not there', {}, '/nothing', ''],
])('%s is refused in words', async (_, files, path, message) => {
  const folder = await folderOf(files);
  const expected = message
    ? `${folder}${path}${message.replaceAll('FOLDER', folder)}`
    : `there is no file or folder ${folder}${path}; check the path`;
  await expect(openDataset(folder + path)).rejects.toThrow(new DataError(expected));
});

test.each([
  ['sprits', "there is no file, folder or generated data set 'sprits'; did you mean 'sprites'?"],
  ['twomoons', "there is no file, folder or generated data set 'twomoons'; did you mean 'two-moons'?"],
  [
    'qqqqqqqq',
    "there is no file, folder or generated data set 'qqqqqqqq'; generated data sets are sprites, glyphs, two-moons, swiss-roll, moving-sprites, oscillator, primitives",
  ],
])('the name %s is not there, and the nearest is proposed', async (name, message) => {
  await expect(openDataset(name)).rejects.toThrow(new DataError(message));
});

test.each<[object, string]>([
  [{ imageSize: '32' }, 'the option imageSize has no effect on IDX files; leave it out'],
  [{ seed: 1 }, 'the option seed has no effect on IDX files; leave it out'],
])('options %j for a folder of IDX files are refused', async (options, message) => {
  await expect(openDataset(await folderOf(mnist), options)).rejects.toThrow(message);
});
