/** Sequences and clouds out of arrays, in memory and in files. */
import { expect, test } from 'vitest';
import { bytesInMemory, type Dataset, encodeNpy, fromClouds, fromSequences, openDataFile } from './index.js';

const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i / length);
const open = (array: Uint8Array, options: object = {}) =>
  openDataFile(bytesInMemory('a.npy', array), { name: 'a' }, options);
const all = async (data: Dataset) => [...(await data.read(Array.from({ length: data.size }, (_, i) => i))).x];

test.each([
  ['rows', [5, 4, 3], [4, 3], 'table'],
  ['grey pictures', [5, 4, 3, 2], [4, 3, 2, 1], 'image'],
  ['pictures with channels', [5, 4, 3, 2, 3], [4, 3, 2, 3], 'image'],
] as const)('with kind sequence, an array is sequences of %s', async (_, shape, sample, frame) => {
  const values = ramp(shape.reduce<number>((product, length) => product * length, 1));
  for (const cacheBytes of [1e6, 0]) {
    const data = await open(encodeNpy(values, shape), { kind: 'sequence', cacheBytes });
    expect(data.spec).toMatchObject({ kind: 'sequence', shape: sample, frame: { kind: frame } });
    expect(data.size).toBe(5);
    expect(await all(data)).toEqual([...values]);
    const again = await open(encodeNpy(values, shape), { like: data, cacheBytes });
    expect(again.spec).toEqual(data.spec);
  }
});

test('five axes can be nothing but sequences of pictures, also with channels first', async () => {
  const values = ramp(2 * 3 * 3 * 8 * 8);
  const data = await open(encodeNpy(values, [2, 3, 3, 8, 8]));
  expect(data.spec.shape).toEqual([3, 8, 8, 3]);
  const { x } = await data.read([1]);
  const at = (t: number, row: number, column: number, channel: number) =>
    x[((t * 8 + row) * 8 + column) * 3 + channel];
  expect(at(2, 5, 6, 1)).toBe(values[(((1 * 3 + 2) * 3 + 1) * 8 + 5) * 8 + 6]);
});

test('with kind points, an array is clouds, normalised and of as many points as asked for', async () => {
  const values = ramp(3 * 20 * 3).map((value, i) => value * ((7 * i) % 5));
  const whole = await open(encodeNpy(values, [3, 20, 3]), { kind: 'points' });
  expect(whole.spec).toEqual({ kind: 'points', shape: [20, 3], dtype: 'float32' });
  expect(await all(whole)).toEqual(await all(fromClouds(values, [20, 3])));
  const some = await open(encodeNpy(values, [3, 20, 3]), { kind: 'points', points: 8 });
  const streamed = await open(encodeNpy(values, [3, 20, 3]), { kind: 'points', points: 8, cacheBytes: 0 });
  expect(some.spec.shape).toEqual([8, 3]);
  expect(await all(streamed)).toEqual(await all(some));
  const many = await open(encodeNpy(values, [3, 20, 3]), { kind: 'points', points: 30 });
  expect(many.notices).toEqual(['clouds of 20 points have some of them again, to make 30']);
});

test('an array of narrow pictures says what else it could be', async () => {
  const { notices } = await open(encodeNpy(ramp(2 * 30 * 3), [2, 30, 3]));
  expect(notices).toEqual([
    'shape [2, 30, 3] is read as grey pictures 3 pixels wide; kind=sequence reads it as 30 times of 3 features, kind=points as 30 points',
  ]);
});

test.each<[readonly number[], object, string]>([
  [[4, 3], { kind: 'sequence' }, 'a.npy: has shape [4, 3]; sequences are [count, time, features]'],
  [[4, 1, 3], { kind: 'sequence' }, 'of two times or more'],
  [[4, 1, 3], { kind: 'points' }, 'a.npy: has shape [4, 1, 3]; clouds are [count, points, 3]'],
  [[4, 5, 4], { kind: 'points' }, 'clouds are [count, points, 3] or [count, points, 2]'],
  [[4, 5, 3], { kind: 'sequence', points: 3 }, 'the option points is for clouds of points'],
  [[4, 5, 3], { kind: 'sequence', range: [0, 1] }, 'the option range has no effect on a table'],
  [[4, 5, 3], { kind: 'points', points: 1 }, 'the option points is a whole number from 2'],
  [[40, 3], { window: 5, kind: 'sequence' }, 'the option kind has no effect beside window'],
])('an array %j with %j is refused in words', async (shape, options, message) => {
  const values = ramp(shape.reduce((product, length) => product * length, 1));
  await expect(open(encodeNpy(values, shape), options)).rejects.toThrow(message);
});

test('a cloud that is none is named by its number', async () => {
  const values = Float32Array.of(0, 0, 1, 1, 5, 5, 5, 5);
  expect(() => fromClouds(values, [2, 2], { name: 'c' })).toThrow(
    'c: sample 1 is no cloud (all its points are at one place); remove or mend it',
  );
});

test('sequences come from memory as they come from files', async () => {
  const rows = fromSequences(ramp(24), [4, 2], { columns: ['a', 'b'] });
  expect(rows.spec).toMatchObject({ kind: 'sequence', frame: { columns: [{ name: 'a' }, { name: 'b' }] } });
  expect(rows.size).toBe(3);
  expect(() => fromSequences(ramp(3), [1, 3])).toThrow('sequences: a sequence of 1 is none');
  expect(() => fromSequences(ramp(8), [2, 2, 2])).toThrow('frames of shape [2, 2] are neither pictures');
});
