import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linearScale, linearTicks, logScale, rangeOf, robustRange } from './scale.js';

const range = fc
  .tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: -8, max: 8, noNaN: true }))
  .map(([low, exponent]) => [low, low + 10 ** exponent] as const)
  // A range of few rounding errors has no room for round numbers.
  .filter(([low, high]) => high - low > 1e-9 * Math.abs(low));
const room = fc.integer({ min: 2, max: 12 });

test('ticks lie within their range, evenly, on multiples of 1, 2 or 5 times a power of ten, and have room', () => {
  fc.assert(
    fc.property(range, room, ([low, high], count) => {
      const values = linearTicks(low, high, { room: count }).map(({ value }) => value);
      expect(values.length).toBeGreaterThanOrEqual(1);
      expect(values.length).toBeLessThanOrEqual(2 * count + 2);
      const slack = 1e-6 * (high - low);
      expect(values[0]).toBeGreaterThanOrEqual(low - slack);
      expect(values[values.length - 1]).toBeLessThanOrEqual(high + slack);
      if (values.length < 2) return;
      const step = (values[values.length - 1] - values[0]) / (values.length - 1);
      for (let i = 1; i < values.length; i++)
        expect(Math.abs(values[i] - values[i - 1] - step)).toBeLessThan(slack);
      const mantissa = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
      expect([1, 2, 5, 10].some((round) => Math.abs(mantissa - round) < 1e-3)).toBe(true);
    }),
  );
});

test('ticks that differ have labels that differ', () => {
  fc.assert(
    fc.property(range, room, ([low, high], count) => {
      const labels = linearTicks(low, high, { room: count }).map(({ label }) => label);
      expect(new Set(labels).size).toBe(labels.length);
    }),
  );
});

test.each([
  [0, 1, 5, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
  [-3, 3, 7, ['−3', '−2', '−1', '0', '1', '2', '3']],
  [0, 24_000, 5, ['0', '5k', '10k', '15k', '20k']],
  [0, 2e6, 5, ['0', '0.5M', '1.0M', '1.5M', '2.0M']],
  [0, 2.1e-7, 3, ['0', '1e−7', '2e−7']],
  [105.1, 105.9, 4, ['105.2', '105.4', '105.6', '105.8']],
])('from %d to %d with room for %d, ticks are %j', (low, high, count, labels) => {
  expect(linearTicks(low, high, { room: count }).map(({ label }) => label)).toEqual(labels);
});

test('ticks of counts are whole numbers', () => {
  expect(linearTicks(0, 2, { room: 8, finest: 1 }).map(({ value }) => value)).toEqual([0, 1, 2]);
});

test('a scale puts its ends at its ends', () => {
  const even = linearScale(2, 4, [100, 0]);
  expect([even.at(2), even.at(3), even.at(4)]).toEqual([100, 50, 0]);
  const log = logScale(1, 100, [0, 10], 5);
  expect([log.at(1), log.at(10), log.at(100)].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([0, 5, 10]);
});

test.each([
  [1, 1000, 5, ['1', '10', '100', '1000']],
  [1, 100, 8, ['1', '2', '5', '10', '20', '50', '100']],
  [1e-6, 1e6, 4, ['1e−6', '0.001', '1', '1000', '1M']],
  [2, 9, 5, ['2', '4', '6', '8']],
])('a logarithmic scale from %d to %d with room for %d has ticks %j', (low, high, count, labels) => {
  expect(logScale(low, high, [0, 1], count).ticks.map(({ label }) => label)).toEqual(labels);
});

test('a range has a margin, one value stands in its middle, and nothing finite makes [0, 1]', () => {
  expect(rangeOf([0, 10, Number.NaN, Number.POSITIVE_INFINITY], 0.1)).toEqual([-1, 11]);
  const [low, high] = rangeOf([5, 5]);
  expect(low < 5 && 5 < high && low + high === 10).toBe(true);
  expect(rangeOf([0])).toEqual([-1, 1]);
  expect(rangeOf([Number.NaN])).toEqual([0, 1]);
});

test('a robust range leaves out a few values far away, but not the ends of an even spread', () => {
  const even = Float64Array.from({ length: 1000 }, (_, i) => i);
  expect(robustRange(even, 0)).toEqual([0, 999]);
  expect(robustRange(Float64Array.from([...even, 1e9]), 0)[1]).toBeLessThan(1000);
});
