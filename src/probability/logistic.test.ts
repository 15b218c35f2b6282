import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, type Tensor } from '../tensor/index.js';
import { DiscretisedLogistic } from './index.js';

const valuesOf = (y: Tensor) => Array.from(evaluate([y])[0]);
const column = (values: readonly number[]) =>
  constant(Float64Array.from(values), 'float32', [values.length, 1]);
const LEVELS = Array.from({ length: 256 }, (_, k) => k);

/** log P of all levels. */
function logProbs(location: number, logScale: number): number[] {
  const p = new DiscretisedLogistic({
    location: constant(location).broadcastTo([256, 1]),
    logScale: constant(logScale),
  });
  return valuesOf(p.logProb(column(LEVELS.map((k) => k / 255))));
}

/** Computed from S(u) − S(l) with 2000-digit arithmetic (mpmath). */
const GOLDEN: [level: number, location: number, logScale: number, logProb: number][] = [
  [0, 0, -2, -7.360715354032355],
  [127, 0, -2, -4.234690553762955],
  [255, 0, -2, -7.360715354032355],
  [0, 0.9, -1, -5.159834746340739],
  [127, 0.9, -1, -6.469635814268959],
  [255, 0.9, -1, -0.8322332928512641],
  [10, 0.9, -7, -1993.2922189563772],
  [200, -1, -7, -1715.9085377068259],
  [0, 1, -7, -2188.965794667002],
  [255, -1, -7, -2188.965794667002],
  [100, 5, -3, -106.60694178969177],
  [128, 0, 3, -9.234410738425034],
  [30, 100, 0, -105.61281968383598],
];

test('log-probabilities have their golden values, in the far tails too', () => {
  for (const [level, location, logScale, expected] of GOLDEN) {
    expect(Math.abs(logProbs(location, logScale)[level] / expected - 1)).toBeLessThan(1e-12);
  }
});

test('the probabilities of the 256 levels sum to 1', () => {
  for (const location of [-1.5, -1, -0.3, 0, 0.9, 1, 20]) {
    for (const logScale of [-9, -7, -3, -1, 0, 3]) {
      const total = logProbs(location, logScale).reduce((sum, value) => sum + Math.exp(value), 0);
      expect(total).toBeCloseTo(1, 12);
    }
  }
});

test('a grey level is the nearest of the 256, and the edges are told by its number', () => {
  const at = (x: number) => {
    const p = new DiscretisedLogistic({ location: column([0.2]), logScale: constant(-2) });
    return valuesOf(p.logProb(column([x])))[0];
  };
  const exact = logProbs(0.2, -2);
  expect(at(100.4 / 255)).toBe(exact[100]);
  expect(at(99.6 / 255)).toBe(exact[100]);
  // What float32 makes of 255/255 · 255 and its neighbours is still the highest level.
  for (const x of [Math.fround(1), 1 - 2 ** -24, 1 + 2 ** -23]) expect(at(x)).toBe(exact[255]);
  expect(at(-1e-9)).toBe(exact[0]);
});

test('log-scales below −7 count as −7', () => {
  expect(logProbs(0.1, -50)).toEqual(logProbs(0.1, -7));
});

test('the gradient is finite everywhere and is the central difference', () => {
  const [y, s] = [input('y', [256, 1]), input('s', [])];
  const levels = LEVELS.map((k) => k / 255);
  const p = new DiscretisedLogistic({ location: y, logScale: s });
  const loss = p.logProb(column(levels)).sum();
  const at = (location: number, logScale: number) => ({
    y: new Float64Array(256).fill(location),
    s: Float64Array.of(logScale),
  });
  for (const location of [-1e4, -1, -0.31, 0.02, 1, 1e4]) {
    for (const logScale of [-6.9, -2, 1, 10]) {
      const [gy, gs] = evaluate(grad(loss, [y, s]), { values: at(location, logScale) });
      expect([...gy, ...gs].every(Number.isFinite)).toBe(true);
      const h = 1e-6;
      const value = (dy: number, ds: number) =>
        evaluate([loss], { values: at(location + dy, logScale + ds) })[0][0];
      const scale = Math.abs(value(0, 0)) + 1;
      const slopes = [Array.from(gy).reduce((a, b) => a + b, 0), gs[0]];
      const differences = [value(h, 0) - value(-h, 0), value(0, h) - value(0, -h)].map((d) => d / (2 * h));
      slopes.forEach((slope, i) => {
        expect(Math.abs(slope - differences[i])).toBeLessThan(1e-8 * scale);
      });
    }
  }
});

test('draws fall on the levels as often as their probabilities say', () => {
  const draws = 50_000;
  const p = new DiscretisedLogistic({ location: column([0.95]), logScale: constant(-2.5) });
  const drawn = valuesOf(p.sample({ draws })).map((x) => x * 255);
  expect(drawn.every((level) => Math.abs(level - Math.round(level)) < 1e-9)).toBe(true);
  const exact = logProbs(0.95, -2.5).map(Math.exp);
  for (const [from, to] of [
    [0, 200],
    [200, 230],
    [230, 250],
    [250, 255],
    [255, 256],
  ]) {
    const expected = exact.slice(from, to).reduce((a, b) => a + b, 0);
    const share = drawn.filter((level) => Math.round(level) >= from && Math.round(level) < to).length / draws;
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / draws));
  }
});

test('the mean is that of the 256 levels, up to what rounding to a level moves it', () => {
  for (const location of [-3, -1, -0.7, 0.1, 0.99, 1, 3]) {
    for (const logScale of [-9, -7, -5, -3, 0, 3]) {
      const p = new DiscretisedLogistic({ location: column([location]), logScale: constant(logScale) });
      const exact = logProbs(location, logScale).reduce(
        (sum, value, k) => sum + (k / 255) * Math.exp(value),
        0,
      );
      // Where a level is narrow beside the scale, roundings up and down cancel: the midpoint rule's error.
      const tolerance = logScale >= -5 ? 1e-4 : 0.5 / 255 + 1e-12;
      expect(Math.abs(valuesOf(p.mean)[0] - exact), `${location}, ${logScale}`).toBeLessThan(tolerance);
    }
  }
});

test('at the edges the mean stays inside the range, and in the middle it is the location', () => {
  const p = new DiscretisedLogistic({ location: column([-30, 0, 30]), logScale: constant(-2) });
  expect(valuesOf(p.mean)).toEqual([expect.closeTo(0, 12), 0.5, expect.closeTo(1, 12)]);
});

test('x of another event is refused', () => {
  const p = new DiscretisedLogistic({ location: input('y', [5, 4, 4, 3]), logScale: constant(0) });
  expect(() => p.nll(input('x', [5, 4, 4, 1]))).toThrow(
    "DiscretisedLogistic: shape [5, 4, 4, 1] does not end in the event's shape [4, 4, 3]",
  );
});
