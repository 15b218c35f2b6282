import { expect, test } from 'vitest';
import { RandomStream } from '../../random/index.js';
import { exponential, MOST_SYMBOLS, TOTAL, writeFrequencies } from './frequencies.js';
import { MOST_TOTAL, RangeDecoder, RangeEncoder } from './rangeCoder.js';

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
function startsOf(sizes: readonly number[]): number[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return start - size;
  });
}

/** Codes symbols with frequencies that differ from symbol to symbol, and gives what was read back and the bytes. */
function through(symbols: readonly number[], sizesOf: (position: number) => readonly number[]) {
  const encoder = new RangeEncoder();
  symbols.forEach((symbol, i) => {
    const sizes = sizesOf(i);
    encoder.encode({ start: startsOf(sizes)[symbol], size: sizes[symbol], total: sum(sizes) });
  });
  const bytes = encoder.finish();
  const decoder = new RangeDecoder(bytes);
  const read = symbols.map((_, i) => {
    const sizes = sizesOf(i);
    const [starts, total] = [startsOf(sizes), sum(sizes)];
    const place = decoder.place(total);
    const symbol = starts.findLastIndex((start) => start <= place);
    decoder.take({ start: starts[symbol], size: sizes[symbol], total });
    return symbol;
  });
  const bits = -sum(symbols.map((symbol, i) => Math.log2(sizesOf(i)[symbol] / sum(sizesOf(i)))));
  return { bytes, read, bits };
}

const COUNT = 1000;

/** Symbols that occur as often as they are probable. */
function drawn(count: number, sizes: readonly number[], seed = 0): number[] {
  const places = new RandomStream(seed, 'symbols').uniform(new Float32Array(count));
  const [starts, total] = [startsOf(sizes), sum(sizes)];
  return Array.from(places, (u) => starts.findLastIndex((start) => start <= u * total));
}

test.each([
  ['two alike', [1, 1]],
  ['three that are no power of two', [1, 1, 1]],
  ['a nearly certain one', [MOST_TOTAL - 1, 1]],
  ['a nearly certain last one', [1, MOST_TOTAL - 1]],
  ['frequencies from 1 to a million', Array.from({ length: 21 }, (_, k) => Math.floor(2 ** k / 3) + 1)],
  ['256 of all kinds', Array.from({ length: 256 }, (_, k) => 1 + ((k * 7919) % 1000))],
] as const)('%s: bytes hold as many bits as the symbols are worth, and give them back', (_, sizes) => {
  const symbols = drawn(COUNT, sizes);
  const { bytes, read, bits } = through(symbols, () => sizes);
  expect(read).toEqual(symbols);
  // The interval is at least 2^−bits wide after rounding losses of 2⁻¹⁶ a symbol, and a number in it takes 1 byte more at most.
  expect(8 * bytes.length).toBeLessThanOrEqual(bits + COUNT * 2 ** -15 + 16);
  expect(8 * bytes.length).toBeGreaterThan(bits - 64);
});

test('improbable symbols in a row cost what they should, and come back', () => {
  const rare = new Array(200).fill(1);
  const { bytes, read } = through(rare, () => [MOST_TOTAL - 1, 1]);
  expect(read).toEqual(rare);
  expect(bytes.length).toBeLessThanOrEqual(200 * 3 + 2);
  expect(bytes.length).toBeGreaterThanOrEqual(200 * 3 - 1);
});

test('an alphabet of one symbol, and a certain symbol, cost nothing', () => {
  expect(through(new Array(1000).fill(0), () => [5])).toMatchObject({ bytes: new Uint8Array(0) });
  expect(through(new Array(1000).fill(0), () => [1]).read).toEqual(new Array(1000).fill(0));
  expect(through([], () => [1]).bytes).toEqual(new Uint8Array(0));
});

test('frequencies and alphabets may change with every symbol', () => {
  const stream = new RandomStream(3, 'alphabets').uniform(new Float32Array(COUNT * 9));
  const sizesOf = (i: number) =>
    Array.from({ length: 1 + (i % 8) }, (_, k) => 1 + Math.floor(stream[9 * i + k] ** 8 * 100_000));
  const symbols = Array.from({ length: COUNT }, (_, i) => Math.floor(stream[9 * i + 8] * (1 + (i % 8))));
  const { bytes, read, bits } = through(symbols, sizesOf);
  expect(read).toEqual(symbols);
  expect(8 * bytes.length).toBeLessThanOrEqual(bits + 17);
});

test('carries run through bytes that are full', () => {
  // A number just below ½ of which all bytes are 255, until the last symbol takes it above.
  const symbols = [0, ...new Array(40).fill(1), 1, 0, 1];
  const sizesOf = (i: number) => (i === 0 ? [1, 1] : i <= 40 ? [1, 255] : [2 ** 23 + 1, 2 ** 23 - 1]);
  for (let flip = 0; flip < 8; flip++) {
    const each = symbols.map((symbol, i) => (i > 40 ? (flip >> (i - 41)) & 1 : symbol));
    expect(through(each, sizesOf).read).toEqual(each);
  }
});

test('e^x by plain arithmetic is e^x', () => {
  for (let x = 0; x > -40; x -= 0.0371) expect(exponential(x) / Math.exp(x)).toBeCloseTo(1, 13);
  expect([exponential(0), exponential(-41), exponential(Number.NEGATIVE_INFINITY)]).toEqual([1, 0, 0]);
});

test('frequencies are whole, never zero, add up, and are the probabilities to their last place', () => {
  for (const size of [1, 2, 3, 10, 1000, MOST_SYMBOLS]) {
    const logits = new RandomStream(size, 'logits').normal(new Float32Array(size)).map((value) => 5 * value);
    const frequencies = new Float64Array(size);
    writeFrequencies([7, ...logits], 1, frequencies);
    expect(sum(frequencies)).toBe(TOTAL);
    expect(frequencies.every((each) => Number.isInteger(each) && each >= 1)).toBe(true);
    const most = Math.max(...logits);
    const weights = Array.from(logits, (each) => Math.exp(each - most));
    const whole = sum(weights);
    const p = weights.map((each) => each / whole);
    const likeliest = p.indexOf(Math.max(...p));
    const wrong = p.filter((each, k) => {
      const ideal = 1 + (TOTAL - size) * each;
      return k !== likeliest && Math.abs(frequencies[k] - ideal) > 1;
    });
    expect(wrong).toEqual([]);
  }
});

test('what the logits say cannot be still can, and what is no number is refused', () => {
  const frequencies = new Float64Array(3);
  writeFrequencies([0, Number.NEGATIVE_INFINITY, -1e9], 0, frequencies);
  expect([...frequencies]).toEqual([TOTAL - 2, 1, 1]);
  for (const bad of [
    [0, Number.NaN, 1],
    [Number.NaN, 0, 0],
    [Number.POSITIVE_INFINITY, 0, 0],
  ])
    expect(() => writeFrequencies(bad, 0, frequencies)).toThrow('no finite number');
});
