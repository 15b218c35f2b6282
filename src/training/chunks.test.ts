import { expect, test } from 'vitest';
import { input, Program, randomNormal } from '../tensor/index.js';
import { ChunkSize } from './chunks.js';

const programOf = (batch: number, noise = 0) =>
  new Program({
    outputs: {
      x: input('x', [batch, 1024], 'uint8').cast('float32').sum(),
      ...(noise > 0 ? { noise: randomNormal('noise', [noise]).sum() } : {}),
    },
  });

test('a chunk is one step at first, and grows to what takes a quarter of a second', () => {
  const chunk = new ChunkSize(programOf(1));
  expect(chunk.steps).toBe(1);
  const sizes = Array.from({ length: 5 }, () => {
    chunk.adapt(chunk.steps, 0.01 * chunk.steps);
    return chunk.steps;
  });
  expect(sizes).toEqual([4, 16, 25, 25, 25]);
});

test('slow steps are made one at a time', () => {
  const chunk = new ChunkSize(programOf(1));
  chunk.adapt(1, 30);
  expect(chunk.steps).toBe(1);
});

test('a clock that stands still gives the most steps there are, not infinitely many', () => {
  const chunk = new ChunkSize(programOf(1));
  for (let i = 0; i < 10; i++) chunk.adapt(chunk.steps, 0);
  expect(chunk.steps).toBe(256);
});

test('samples and noise that are fed at a time stay within 32 MiB', () => {
  const most = (program: Program) => {
    const chunk = new ChunkSize(program);
    for (let i = 0; i < 10; i++) chunk.adapt(chunk.steps, 0);
    return chunk.steps;
  };
  expect(most(programOf(1024))).toBe(32);
  expect(most(programOf(1024, 1024 * 256))).toBe(16);
  expect(most(programOf(64 * 1024))).toBe(1);
});
