import { expect, test } from 'vitest';
import { erf } from '../engine/reference/special.js';
import { HashedStream, philoxBlocks, RandomStream, streamHash } from './index.js';

const COUNT = 1_000_000;

/** Largest distance between the empirical distribution of the values and the given one. */
function kolmogorovSmirnov(values: Float32Array, distribution: (x: number) => number): number {
  const sorted = values.slice().sort();
  return sorted.reduce((worst, x, i) => {
    const f = distribution(x);
    return Math.max(worst, f - i / sorted.length, (i + 1) / sorted.length - f);
  }, 0);
}

/** Means of x, x², x³ and x⁴. */
function moments(values: Float32Array): number[] {
  const sums = [0, 0, 0, 0];
  for (const x of values) {
    sums[0] += x;
    sums[1] += x ** 2;
    sums[2] += x ** 3;
    sums[3] += x ** 4;
  }
  return sums.map((sum) => sum / values.length);
}

/** A Kolmogorov-Smirnov distance that one true sample in a thousand exceeds; the seeds are fixed, so never by luck. */
const KS_LIMIT = 1.95 / Math.sqrt(COUNT);

function correlation(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum / a.length;
}

test('uniform numbers are uniform in [0, 1)', () => {
  const u = new RandomStream(1, 'a').uniform(new Float32Array(COUNT));
  expect(kolmogorovSmirnov(u, (x) => x)).toBeLessThan(KS_LIMIT);
  // E uᵏ = 1/(k + 1), with variance 1/(2k + 1) − 1/(k + 1)².
  moments(u).forEach((moment, i) => {
    const k = i + 1;
    const error = Math.sqrt((1 / (2 * k + 1) - 1 / (k + 1) ** 2) / COUNT);
    expect(Math.abs(moment - 1 / (k + 1))).toBeLessThan(4 * error);
  });
  expect(Math.min(...u.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
  expect(u.every((x) => x < 1 && Number.isInteger(x * 2 ** 24))).toBe(true);
});

test('normal numbers are standard normal', () => {
  const z = new RandomStream(2, 'a').normal(new Float32Array(COUNT));
  expect(kolmogorovSmirnov(z, (x) => 0.5 * (1 + erf(x / Math.SQRT2)))).toBeLessThan(KS_LIMIT);
  // E z, z², z³, z⁴ = 0, 1, 0, 3, with variances 1, 2, 15, 96.
  const expected = [0, 1, 0, 3];
  const variances = [1, 2, 15, 96];
  moments(z).forEach((moment, i) => {
    expect(Math.abs(moment - expected[i])).toBeLessThan(4 * Math.sqrt(variances[i] / COUNT));
  });
  expect(z.every((x) => Math.abs(x) < 6.34)).toBe(true);
});

test('every bit of the words is 0 as often as 1', () => {
  const words = new RandomStream(3, 'a').words(new Uint32Array(COUNT));
  for (let bit = 0; bit < 32; bit++) {
    let ones = 0;
    for (const word of words) ones += (word >>> bit) & 1;
    expect(Math.abs(ones / COUNT - 0.5)).toBeLessThan(2 / Math.sqrt(COUNT));
  }
});

test('numbers of other streams, steps, seeds and places in the stream are uncorrelated', () => {
  const draw = (seed: number, name: string, step: number) =>
    new RandomStream(seed, name).normal(new Float32Array(COUNT), step);
  const base = draw(4, 'posterior', 0);
  const others = [
    draw(4, 'prior', 0),
    draw(4, 'posterior', 1),
    draw(4, 'posterior', 2 ** 32),
    draw(5, 'posterior', 0),
    draw(4 + 2 ** 32, 'posterior', 0),
  ];
  for (const other of others) expect(Math.abs(correlation(base, other))).toBeLessThan(4 / Math.sqrt(COUNT));
  for (const lag of [1, 2, 3, 4, 1000]) {
    const shifted = correlation(base.subarray(lag), base.subarray(0, COUNT - lag));
    expect(Math.abs(shifted)).toBeLessThan(4 / Math.sqrt(COUNT));
  }
});

test('a number depends on seed, stream, step and place alone', () => {
  const stream = new RandomStream(6, 'a');
  const long = stream.normal(new Float32Array(1001), 7).slice(0, 10);
  stream.uniform(new Float32Array(33), 8);
  expect(stream.normal(new Float32Array(10), 7)).toEqual(long);
  expect(new RandomStream(6, 'a').normal(new Float32Array(10), 7)).toEqual(long);
});

test('a number never changes from version to version, or checkpoints would resume on another noise', () => {
  const words = new RandomStream(42, 'posterior').words(new Uint32Array(4), 3);
  expect([...words]).toEqual([2182476011, 3549763003, 3229365475, 321567890]);
  const layout = new Uint32Array(4);
  philoxBlocks(layout, 0, [3, 0, streamHash('posterior')], [42, 0]);
  expect(words).toEqual(layout);
});

test('a stream is the same by its name and by the hash of it', () => {
  const named = new RandomStream(8, 'posterior').uniform(new Float32Array(9), 3);
  expect(new HashedStream(8, streamHash('posterior')).uniform(new Float32Array(9), 3)).toEqual(named);
});

test('names are hashed by FNV-1a', () => {
  expect(['', 'a', 'foobar'].map(streamHash)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  expect(streamHash('β')).not.toBe(streamHash('b'));
});

test('seeds are whole numbers from 0', () => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(() => new RandomStream(seed, 'a')).toThrow(
      `seed: ${seed} is not a whole number from 0 to 9007199254740991`,
    );
  }
  expect(() => new RandomStream(2 ** 53 - 1, 'a')).not.toThrow();
});
