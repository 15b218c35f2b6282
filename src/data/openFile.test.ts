import { gzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { type ByteSource, bytesInMemory } from './bytes.js';
import { DataError, type Dataset } from './dataset.js';
import type { Elements } from './elements.js';
import { encodeNpy } from './npy.js';
import { encodeNpz } from './npz.js';
import { type FileOptions, openDataFile, shortName } from './openFile.js';

const open = (name: string, bytes: Uint8Array, options: FileOptions = {}): Promise<Dataset> =>
  openDataFile(bytesInMemory(name, bytes), { name: 'd' }, options);

const ramp = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 41) % 256);
const array = (values: Elements, ...shape: number[]) => ({ values, shape });

test.each<[number[], object]>([
  [[5], { kind: 'table', shape: [1] }],
  [[5, 3], { kind: 'table', shape: [3] }],
  [[5, 4, 6], { kind: 'image', shape: [4, 6, 1] }],
  [[5, 1, 6], { kind: 'image', shape: [1, 6, 1] }],
  [[5, 4, 6, 3], { kind: 'image', shape: [4, 6, 3] }],
  [[5, 3, 6, 7], { kind: 'image', shape: [6, 7, 3] }],
])('an array of shape %j is read as %j', async (shape, expected) => {
  const count = shape.reduce((product, length) => product * length, 1);
  const data = await open('a.npy', encodeNpy(ramp(count), shape));
  expect(data.spec).toMatchObject(expected);
  expect(data.size).toBe(5);
});

test('channels that come first are put last, where the last axis cannot be channels', async () => {
  const data = await open('a.npy', encodeNpy(ramp(90), [1, 3, 5, 6]));
  expect(data.spec).toMatchObject({ shape: [5, 6, 3] });
  const [red, green, blue] = [0, 30, 60].map((start) => ramp(90).subarray(start));
  expect([...(await data.read([0])).x.subarray(0, 6)]).toEqual([
    red[0],
    green[0],
    blue[0],
    red[1],
    green[1],
    blue[1],
  ]);
  expect(data.notices).toEqual(['shape [1, 3, 5, 6] is read as [count, channels, height, width]']);
  expect((await open('a.npy', encodeNpy(ramp(24), [1, 2, 3, 4]))).spec).toMatchObject({ shape: [2, 3, 4] });
});

test.each<[string, Elements, object]>([
  ['bytes', Uint8Array.of(0, 200), { dtype: 'uint8', range: [0, 255] }],
  ['binary bytes', Uint8Array.of(0, 1), { dtype: 'uint8', range: [0, 1] }],
  ['whole numbers up to 255', Int32Array.of(0, 255), { dtype: 'uint8', range: [0, 255] }],
  ['16-bit numbers', Uint16Array.of(0, 4095), { dtype: 'float32', range: [0, 65_535] }],
  ['float64 in [0, 1]', Float64Array.of(0, 0.5), { dtype: 'float32', range: [0, 1] }],
  ['float32 in [-1, 1]', Float32Array.of(-1, 0.5), { dtype: 'float32', range: [-1, 1] }],
])('pixels that are %s are stored as %j', async (_, values, expected) => {
  const data = await open('a.npy', encodeNpy(values, [2, 1, 1]));
  expect(data.spec).toMatchObject(expected);
  expect([...(await data.read([0, 1])).x]).toEqual([...values]);
});

test('the option range says what full intensity is', async () => {
  const data = await open('a.npy', encodeNpy(Uint16Array.of(0, 4095), [2, 1, 1]), { range: [0, 4095] });
  expect(data.spec).toMatchObject({ dtype: 'float32', range: [0, 4095] });
  expect(data.notices).toEqual([]);
});

test('an array packed with gzip is read like any other', async () => {
  const data = await open('a.npy.gz', gzipSync(encodeNpy(ramp(12), [3, 2, 2])));
  expect([...(await data.read([2])).x]).toEqual([...ramp(12).subarray(8)]);
});

test('a table packed with gzip is read like any other', async () => {
  expect((await open('a.csv.gz', gzipSync(new TextEncoder().encode('a,b\n1,2\n3,4\n')))).size).toBe(2);
});

test('a large array stays in its file and gives the same samples', async () => {
  const pixels = Float32Array.from({ length: 3000 * 6 }, (_, i) => ((i * 7919) % 1000) / 1000);
  const file = encodeNpz({
    x: array(pixels, 3000, 3, 1, 2),
    y: array(
      Uint8Array.from({ length: 3000 }, (_, i) => i % 3),
      3000,
    ),
  });
  const [small, large] = await Promise.all([open('a.npz', file), open('a.npz', file, { cacheBytes: 1000 })]);
  const indices = [2999, 0, 17, 17, 1500];
  expect(await large.read(indices)).toEqual(await small.read(indices));
  expect(large.spec).toEqual(small.spec);
  expect(large.classes).toEqual(small.classes);
  expect(large.fingerprint).toMatch(/^[0-9a-f]{16}$/);
});

test('a large table stays in its file and gives the same rows', async () => {
  const file = encodeNpy(
    Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i)),
    [1000, 5],
  );
  const [small, large] = await Promise.all([open('a.npy', file), open('a.npy', file, { cacheBytes: 0 })]);
  expect(await large.read([999, 3])).toEqual(await small.read([999, 3]));
  expect(large.spec).toEqual(small.spec);
});

test('what a large array was not judged by is checked when it is read', async () => {
  const pixels = new Float32Array(5000);
  pixels[4999] = 7;
  const data = await open('a.npy', encodeNpy(pixels, [5000, 1, 1]), { cacheBytes: 0 });
  await expect(data.read([1, 4999])).rejects.toThrow(
    new DataError('a.npy: sample 4999 has the value 7, outside the range from 0 to 1; give a wider range'),
  );
  pixels[4999] = Number.NaN;
  const other = await open('a.npy', encodeNpy(pixels, [5000, 1]), { cacheBytes: 0 });
  await expect(other.read([4999])).rejects.toThrow(
    new DataError(
      'a.npy: sample 4999 has the value NaN; keep it as missing with --missing mask, or remove or mend the sample',
    ),
  );
});

test('samples and labels of an archive are found by their names', async () => {
  const images = array(ramp(12), 3, 2, 2);
  const labels = array(Int32Array.of(5, 9, 5), 3);
  const data = await open(
    'a.npz',
    encodeNpz({ view: labels, imgs: images, object: labels, more: array(ramp(300), 300, 1) }),
  );
  expect(data.spec).toMatchObject({ kind: 'image', shape: [2, 2, 1] });
  expect(data.classes).toEqual(['5', '9']);
  expect(data.notices).toEqual([
    'samples are read from imgs with labels from object; not used: view, more (options array and labels choose others)',
  ]);
});

test('arrays for training, validation and testing are joined, the last as a test set', async () => {
  const part = (count: number, first: number) =>
    array(
      Uint8Array.from({ length: count }, (_, i) => first + i),
      count,
      1,
      1,
    );
  const data = await open(
    'a.npz',
    encodeNpz({
      test_images: part(2, 50),
      test_labels: array(Uint8Array.of(1, 1), 2, 1),
      train_images: part(4, 10),
      train_labels: array(Uint8Array.of(0, 1, 2, 0), 4, 1),
      val_images: part(1, 30),
      val_labels: array(Uint8Array.of(2), 1, 1),
    }),
  );
  const { x, labels } = await data.read([0, 1, 2, 3, 4, 5, 6]);
  expect([...x]).toEqual([10, 11, 12, 13, 30, 50, 51]);
  expect([...(labels ?? [])]).toEqual([0, 1, 2, 0, 2, 1, 1]);
  expect(data.testSize).toBe(2);
});

test('without a telling name the largest array is taken, and labels only where they fit', async () => {
  const data = await open(
    'a.npz',
    encodeNpz({ small: array(ramp(4), 2, 2), big: array(ramp(24), 6, 4), y: array(Int32Array.of(1, 2), 2) }),
  );
  expect(data.size).toBe(6);
  expect(data.classes).toBeUndefined();
  expect(data.notices[0]).toMatch(/^samples are read from big without labels; not used: small, y/);
});

test('pictures that are read like others have their range and classes', async () => {
  const first = await open(
    'a.npz',
    encodeNpz({ x: array(Float32Array.of(0, 200, 255), 3, 1, 1), y: array(Int32Array.of(1, 5, 9), 3) }),
  );
  const file = (label: number, pixel: number) =>
    encodeNpz({ x: array(Float32Array.of(pixel), 1, 1, 1), y: array(Int32Array.of(label), 1) });
  const other = await open('b.npz', file(9, 0.5), { like: first });
  expect(other.spec).toEqual(first.spec);
  expect(other.classes).toEqual(['1', '5', '9']);
  expect([...((await other.read([0])).labels ?? [])]).toEqual([2]);
  await expect(open('b.npz', file(7, 0.5), { like: first })).rejects.toThrow(
    new DataError("b.npz:y.npy: the class '7' is none of 1, 5, 9; leave out the samples that have it"),
  );
  await expect(open('b.npz', file(9, 300), { like: first })).rejects.toThrow(
    'sample 0 has the value 300, outside the range',
  );
});

test('the options array and labels choose', async () => {
  const file = encodeNpz({
    x: array(ramp(4), 2, 2),
    other: array(ramp(8), 4, 2),
    z: array(Float64Array.of(1, 0, 0, 1), 4),
  });
  const data = await open('a.npz', file, { array: 'other', labels: 'z' });
  expect(data.size).toBe(4);
  expect(data.classes).toEqual(['0', '1']);
  expect((await open('a.npz', file, { labels: 'none' })).classes).toBeUndefined();
});

const text = (words: string) => new TextEncoder().encode(words);

test.each<[string, string, Uint8Array, FileOptions, string]>([
  ['an empty file', 'a.npy', new Uint8Array(0), {}, 'a.npy: is empty; give a file with data'],
  [
    'a file of no known kind',
    'a.bin',
    text('whatever'),
    {},
    'a.bin: is not a kind of file that is read; give CSV, TSV, Parquet, NPZ, NPY or IDX, or a folder of pictures or clouds',
  ],
  [
    'a picture',
    'a.png',
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10),
    {},
    'a.png: is a single picture; give the folder that it is in',
  ],
  [
    'an array of no samples',
    'a.npy',
    encodeNpy(new Uint8Array(0), [0, 2, 2]),
    {},
    'a.npy: has shape [0, 2, 2], so there are no samples in it; save at least one',
  ],
  [
    'an array of six axes',
    'a.npy',
    encodeNpy(ramp(64), [2, 2, 2, 2, 2, 2]),
    {},
    'a.npy: has shape [2, 2, 2, 2, 2, 2]; pictures are [count, height, width], or that with 1 to 4 channels last or second, tables [rows, columns], and kind=sequence and kind=points read arrays as sequences and clouds',
  ],
  [
    'a picture with NaN',
    'a.npy',
    encodeNpy(Float64Array.of(0, 1, Number.NaN), [3, 1, 1]),
    {},
    'a.npy: sample 2 has the value NaN; keep it as missing with --missing mask, or remove or mend the sample',
  ],
  [
    'a table with an infinite value',
    'a.npy',
    encodeNpy(Float64Array.of(0, 1, 2, Number.POSITIVE_INFINITY), [2, 2]),
    {},
    'a.npy: sample 1 has the value Infinity; remove or mend the sample',
  ],
  [
    'a number beyond float32',
    'a.npy',
    encodeNpy(Float64Array.of(0, 1e300), [2, 1]),
    {},
    'a.npy: element 1 is 1e+300, beyond what float32 holds (about 3.4e38); scale the array before saving it',
  ],
  [
    'range for a table',
    'a.npy',
    encodeNpy(ramp(2), [2, 1]),
    { range: [0, 1] },
    'a.npy: the option range has no effect on a table; leave it out',
  ],
  [
    'types for an array',
    'a.npy',
    encodeNpy(ramp(2), [2, 1]),
    { types: {} },
    'a.npy: the option types has no effect on an NPY file; leave it out',
  ],
  [
    'an array that is not there',
    'a.npz',
    encodeNpz({ x: array(ramp(2), 2, 1), y: array(ramp(2), 2) }),
    { array: 'z' },
    "a.npz: there is no array 'z'; there are x, y",
  ],
  [
    'labels that do not fit',
    'a.npz',
    encodeNpz({ x: array(ramp(2), 2, 1), l: array(ramp(3), 3) }),
    { labels: 'l' },
    'a.npz:l.npy: labels of shape [3] do not fit 2 samples; give one number a sample',
  ],
  [
    'labels that are no classes',
    'a.npz',
    encodeNpz({ x: array(ramp(2), 2, 1), l: array(Float32Array.of(1, 0.5), 2) }),
    { labels: 'l' },
    'a.npz:l.npy: label 1 is 0.5; labels are whole numbers that name classes',
  ],
  [
    'an archive without samples',
    'a.npz',
    encodeNpz({ a: array(ramp(2), 2), b: array(ramp(3), 3) }),
    {},
    'a.npz: holds no array of samples, of two axes or more; there are a uint8 [2], b uint8 [3]',
  ],
  [
    'training and test samples that differ',
    'a.npz',
    encodeNpz({ x_train: array(ramp(4), 2, 2), x_test: array(ramp(3), 1, 3) }),
    {},
    'a.npz:x_test.npy holds uint8 [count, 3], but a.npz:x_train.npy holds uint8 [count, 2]; samples that belong together must be alike',
  ],
])('%s is refused in words', async (_, name, bytes, options, message) => {
  await expect(open(name, bytes, options)).rejects.toThrow(new DataError(message));
});

test('a file is closed once it is read, with the data set if it stays in use, and when it is refused', async () => {
  const closings = async (bytes: Uint8Array, options: FileOptions, name = 'a.npy') => {
    let closed = 0;
    const source: ByteSource = {
      ...bytesInMemory(name, bytes),
      close: async () => {
        closed++;
      },
    };
    const data = await openDataFile(source, { name: 'd' }, options).catch(() => undefined);
    const before = closed;
    await data?.close();
    return [before > 0, closed > 0];
  };
  expect(await closings(encodeNpy(ramp(4), [2, 2]), {})).toEqual([true, true]);
  expect(await closings(encodeNpy(ramp(4), [2, 2]), { cacheBytes: 0 })).toEqual([false, true]);
  expect(await closings(text('a\n1\n2\n'), {}, 'a.csv')).toEqual([true, true]);
  expect(await closings(text('nonsense'), {})).toEqual([true, true]);
});

test.each([
  ['/data/faces/', 'faces'],
  ['mnist.npz', 'mnist'],
  ['C:\\data\\train images.csv.gz', 'train-images'],
  ['.hidden', 'hidden'],
  ['ümlaut 1.npy', 'ümlaut-1'],
  ['/', 'data'],
])('the short name of %s is %s', (path, name) => {
  expect(shortName(path)).toBe(name);
});

test('NaN is kept where it is asked for, in memory and read from the file', async () => {
  const values = Float32Array.of(0.5, Number.NaN, 1, 0, Number.NaN, Number.NaN);
  for (const [shape, kind] of [
    [[3, 2], 'table'],
    [[3, 1, 2], 'image'],
  ] as const) {
    const file = encodeNpy(values, shape);
    for (const cacheBytes of [1e6, 0]) {
      const data = await open('a.npy', file, { cacheBytes, missing: 'mask' });
      expect(data.spec).toMatchObject({ kind, holes: true });
      expect((await data.read([2, 0])).x).toEqual(Float32Array.of(Number.NaN, Number.NaN, 0.5, Number.NaN));
      const refused = async () => (await open('a.npy', file, { cacheBytes })).read([0, 1, 2]);
      await expect(refused()).rejects.toThrow(
        'has the value NaN; keep it as missing with --missing mask, or remove or mend the sample',
      );
    }
  }
});
