import { expect, test } from 'vitest';
import { fromImages, fromTable } from './arrays.js';
import { DataError, UNKNOWN } from './dataset.js';

test('the number of pictures is how often the shape fits', async () => {
  const data = fromImages(
    Uint8Array.from({ length: 24 }, (_, i) => i * 10),
    [2, 2, 3],
  );
  expect(data.size).toBe(2);
  expect((await data.read([1, 0, 1])).x.length).toBe(36);
  expect([...(await data.read([1])).x]).toEqual([120, 130, 140, 150, 160, 170, 180, 190, 200, 210, 220, 230]);
});

test.each([
  [Uint8Array.of(0, 1), [0, 1]],
  [Uint8Array.of(0, 2), [0, 255]],
  [Float32Array.of(0, 0.5), [0, 1]],
  [Float32Array.of(-0.5, 1), [-1, 1]],
  [Float32Array.of(0, 254.5), [0, 255]],
])('the range of %o is %o', (pixels, range) => {
  expect(fromImages(pixels, [1, 1, 1]).spec).toMatchObject({ range });
});

test('what is read belongs to the reader', async () => {
  const data = fromImages(Uint8Array.of(1, 2, 3), [1, 1, 1]);
  (await data.read([0])).x[0] = 99;
  expect((await data.read([0])).x[0]).toBe(1);
});

test('labels without classes are sorted into classes by value', async () => {
  const data = fromImages(new Uint8Array(4), [1, 1, 1], { labels: [10, 2, 10, 3] });
  expect(data.classes).toEqual(['2', '3', '10']);
  expect([...((await data.read([0, 1, 2, 3])).labels ?? [])]).toEqual([2, 0, 2, 1]);
});

test('the label −1 is a class that is not known, unless it stands beside 1 alone', async () => {
  const labelled = (labels: readonly number[], classes?: readonly string[]) =>
    fromImages(new Uint8Array(labels.length), [1, 1, 1], { labels, classes });
  const some = labelled([7, -1, 3, -1]);
  expect(some.classes).toEqual(['3', '7']);
  expect([...((await some.read([0, 1, 2, 3])).labels ?? [])]).toEqual([1, UNKNOWN, 0, UNKNOWN]);
  expect(some.labelled).toEqual(Uint32Array.of(0, 2));
  const given = labelled([0, -1], ['a', 'b']);
  expect(given.labelled).toEqual(Uint32Array.of(0));
  const signs = labelled([1, -1, 1, -1]);
  expect(signs.classes).toEqual(['-1', '1']);
  expect(signs.labelled).toBeUndefined();
});

test('labels with classes are indices into them', async () => {
  const data = fromImages(new Uint8Array(2), [1, 1, 1], { labels: [1, 0], classes: ['cat', 'dog'] });
  expect([...((await data.read([0])).labels ?? [])]).toEqual([1]);
});

test('a table may be made of names alone', () => {
  const data = fromTable(Float32Array.of(1, 2, 3, 4), ['a', 'b'], { ids: ['first', 'second'] });
  expect(data.spec).toMatchObject({
    columns: [
      { name: 'a', type: 'numeric' },
      { name: 'b', type: 'numeric' },
    ],
  });
  expect(data.idOf(1)).toBe('second');
});

test('the fingerprint changes with a value and with a label', () => {
  const of = (pixel: number, label: number) =>
    fromImages(Uint8Array.of(5, pixel), [1, 1, 1], { labels: [0, label], classes: ['a', 'b'] }).fingerprint;
  expect(new Set([of(1, 0), of(2, 0), of(1, 1)]).size).toBe(3);
  expect(of(1, 0)).toBe(of(1, 0));
});

test.each<[() => unknown, string]>([
  [
    () => fromImages(new Uint8Array(5), [2, 2, 1]),
    'images: 5 values are not a whole number of samples of shape [2, 2, 1]',
  ],
  [() => fromImages(new Uint8Array(0), [2, 2, 1]), 'images: there are no samples; give at least one'],
  [
    () => fromImages(new Uint8Array(4), [2, 0, 1]),
    'images: [2, 0, 1] is not the shape of a sample; lengths are whole numbers from 1',
  ],
  [
    () => fromImages(Float32Array.of(0, 0, 0, Number.NaN), [1, 2, 1], { name: 'faces' }),
    'faces: sample 1 has the value NaN; remove or mend the sample',
  ],
  [
    () => fromImages(Float32Array.of(0, Number.POSITIVE_INFINITY), [1, 1, 1]),
    'images: sample 1 has the value Infinity; remove or mend the sample',
  ],
  [
    () => fromImages(Float32Array.of(-3, 4), [1, 1, 1]),
    'images: pixels go from -3 to 4, which is none of [0, 1], [-1, 1] and [0, 255]; say with the option range what is black and what is full intensity',
  ],
  [
    () => fromImages(Float32Array.of(0, 7), [1, 1, 1], { range: [0, 5] }),
    'images: sample 1 has the value 7, outside the range from 0 to 5; give a wider range',
  ],
  [
    () => fromImages(Float32Array.of(0), [1, 1, 1], { range: [1, 0] }),
    'images: range 1,0 is not a lower number and a higher one',
  ],
  [
    () => fromImages(new Uint8Array(2), [1, 1, 1], { labels: [1] }),
    'images: the number of labels (1) is not that of the samples (2)',
  ],
  [
    () => fromImages(new Uint8Array(2), [1, 1, 1], { labels: [0, 2], classes: ['a', 'b'] }),
    'images: sample 1 has label 2, which is not the index of one of the 2 classes',
  ],
  [
    () => fromImages(new Uint8Array(2), [1, 1, 1], { ids: ['a'] }),
    'images: the number of ids (1) is not that of the samples (2)',
  ],
  [
    () => fromTable(Float32Array.of(1, Number.NaN), ['a']),
    "table: sample 1 has NaN in column 'a' (numeric), which is not a finite number",
  ],
  [
    () => fromTable(Float32Array.of(1, -1), [{ name: 'n', type: 'count' }]),
    "table: sample 1 has -1 in column 'n' (count), which is not a whole number from 0",
  ],
  [
    () => fromTable(Float32Array.of(0, 2), [{ name: 'b', type: 'binary' }]),
    "table: sample 1 has 2 in column 'b' (binary), which is not the index of one of its 2 categories",
  ],
])('%s is refused in words', (make, message) => {
  expect(make).toThrow(new DataError(message));
});

test('a sample that there is not is refused', async () => {
  const data = fromImages(new Uint8Array(2), [1, 1, 1]);
  await expect(data.read([2])).rejects.toThrow(
    new DataError('images: there is no sample 2; its samples are 0 to 1'),
  );
  await expect(data.read([0.5])).rejects.toThrow('there is no sample 0.5');
});
