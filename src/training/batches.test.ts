import { expect, test } from 'vitest';
import type { Samples } from '../data/index.js';
import { BatchReader } from './batches.js';

/** Samples that are their own positions, and a list of what was read. */
function counted(labels = false) {
  const reads: [number, number][] = [];
  const source = {
    read: async (first: number, count: number): Promise<Samples> => {
      reads.push([first, count]);
      const x = Float32Array.from({ length: count }, (_, i) => first + i);
      return labels ? { x, labels: Int32Array.from(x) } : { x };
    },
  };
  return { reads, reader: new BatchReader(source, { any: 10, labelled: 0 }) };
}

test('steps are fed the samples at their positions in the order', async () => {
  const { reader } = counted();
  const { steps, feeds } = await reader.take(3, 2);
  expect(steps).toBe(2);
  expect(Array.from(feeds.x)).toEqual(Array.from({ length: 20 }, (_, i) => 30 + i));
  expect('labels' in feeds).toBe(false);
});

test('classes are fed where the samples have them', async () => {
  const { feeds } = await counted(true).reader.take(0, 1);
  expect(feeds.labels).toEqual(Int32Array.from({ length: 10 }, (_, i) => i));
});

test('where a step takes labelled samples too, they stand behind the others of their step', async () => {
  const at = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
  const source = {
    read: async (first: number, count: number): Promise<Samples> => ({
      x: Float32Array.from(at(first, count)),
      labels: new Int32Array(count).fill(-1),
    }),
    readLabelled: async (first: number, count: number): Promise<Samples> => ({
      x: Float32Array.from(at(100 + first, count)),
      labels: Int32Array.from(at(first, count)),
    }),
  };
  const { feeds } = await new BatchReader(source, { any: 2, labelled: 3 }).take(4, 2);
  expect(Array.from(feeds.x)).toEqual([8, 9, 112, 113, 114, 10, 11, 115, 116, 117]);
  expect(Array.from(feeds.labels)).toEqual([-1, -1, 12, 13, 14, -1, -1, 15, 16, 17]);
  const without = new BatchReader({ read: source.read }, { any: 2, labelled: 3 });
  await expect(without.take(0, 1)).rejects.toThrow('asks for samples with known classes; give readLabelled');
});

test('what was prepared is taken as it is, and read once', async () => {
  const { reader, reads } = counted();
  reader.prepare(4, 3);
  const { steps, feeds } = await reader.take(4, 8);
  expect(steps).toBe(3);
  expect(feeds.x.length).toBe(30);
  expect(reads).toEqual([[40, 30]]);
  await reader.take(7, 1);
  expect(reads).toEqual([
    [40, 30],
    [70, 10],
  ]);
});

test('what was prepared for another step is left', async () => {
  const { reader, reads } = counted();
  reader.prepare(4, 3);
  expect((await reader.take(2, 1)).feeds.x[0]).toBe(20);
  expect(reads).toEqual([
    [40, 30],
    [20, 10],
  ]);
});

test('a failure to read is reported where the batch is taken', async () => {
  const reader = new BatchReader(
    { read: () => Promise.reject(new Error('the disk is gone')) },
    { any: 10, labelled: 0 },
  );
  reader.prepare(0, 1);
  // Long enough for an unhandled rejection to end the process.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(reader.take(0, 1)).rejects.toThrow('the disk is gone');
});
