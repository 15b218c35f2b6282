import { expect, test } from 'vitest';
import { Permutation, RandomStream } from './index.js';

const stream = new RandomStream(11, 'order');
const listOf = (size: number, step: number) => {
  const permutation = new Permutation(size, stream, step);
  return Array.from({ length: size }, (_, i) => permutation.at(i));
};

test('every position has its own value, for every size from 1 to 300 and large primes', () => {
  const sizes = [...Array.from({ length: 300 }, (_, i) => i + 1), 65_537, 104_729, 737_280];
  for (const size of sizes) {
    const seen = new Uint8Array(size);
    const permutation = new Permutation(size, stream, size);
    for (let i = 0; i < size; i++) seen[permutation.at(i)]++;
    expect(seen.every((times) => times === 1)).toBe(true);
  }
});

test('positions of a permutation of 2³² and of a prime near it stay inside and differ', () => {
  for (const size of [2 ** 32, 4_294_967_291]) {
    const permutation = new Permutation(size, stream);
    const values = new Set<number>();
    for (let i = 0; i < 2000; i++) values.add(permutation.at(Math.floor((i / 2000) * size)));
    expect(values.size).toBe(2000);
    expect([...values].every((value) => Number.isInteger(value) && value >= 0 && value < size)).toBe(true);
  }
});

/** χ² of counts that are expected to be equal, in standard deviations from its own mean. */
function excess(counts: readonly number[], freedom: number): number {
  const expected = counts.reduce((a, b) => a + b) / counts.length;
  const chi2 = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chi2 - freedom) / Math.sqrt(2 * freedom);
}

test('every value is equally likely at every position', () => {
  for (const size of [2, 3, 5, 10, 16, 17, 40]) {
    const counts = new Array<number>(size * size).fill(0);
    for (let step = 0; step < 20_000; step++) {
      for (const [i, value] of listOf(size, step).entries()) counts[i * size + value]++;
    }
    expect(Math.abs(excess(counts, (size - 1) ** 2))).toBeLessThan(4);
  }
});

test('every order of three and of four is equally likely', () => {
  for (const [size, orders] of [
    [3, 6],
    [4, 24],
  ]) {
    const counts = new Map<string, number>();
    for (let step = 0; step < 24_000; step++) {
      const order = listOf(size, step).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(orders);
    expect(Math.abs(excess([...counts.values()], orders - 1))).toBeLessThan(4);
  }
});

test('neighbours do not stay neighbours', () => {
  const size = 1000;
  let adjacent = 0;
  for (let step = 0; step < 500; step++) {
    const list = listOf(size, step);
    for (let i = 1; i < size; i++) if (Math.abs(list[i] - list[i - 1]) === 1) adjacent++;
  }
  // A random order has 2 such places, on average and (nearly Poisson) in variance.
  expect(Math.abs(adjacent / 500 - 2)).toBeLessThan(4 * Math.sqrt(2 / 500));
});

test('the order of another epoch is another order, and the same one when asked again', () => {
  expect(listOf(100, 1)).not.toEqual(listOf(100, 2));
  expect(listOf(100, 1)).toEqual(listOf(100, 1));
});

test('sizes and positions out of range are refused', () => {
  for (const size of [0, -1, 1.5, 2 ** 32 + 1]) {
    expect(() => new Permutation(size, stream)).toThrow(`permutation: ${size} is not a size from 1 to 2^32`);
  }
  for (const position of [-1, 10, 0.5]) {
    expect(() => new Permutation(10, stream).at(position)).toThrow(
      `permutation: position ${position} is outside 0 to 9`,
    );
  }
});
