import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { valuesOn } from '../conformance/models.js';
import { evaluate } from '../engine/index.js';
import { filled } from '../nn/index.js';
import { constant, grad, input, type Tensor, Variable } from '../tensor/index.js';
import { LogCosh, logCosh } from './index.js';

const valuesOf = (y: Tensor) => Array.from(evaluate([y])[0]);
const numbers = (...values: number[]) => constant(Float64Array.from(values));

test('(1/a) log cosh(a t) has the values of high-precision arithmetic', () => {
  const cases: [a: number, t: number, value: number][] = [
    [10, 0.05, 0.0120114507],
    [10, 1, 0.9306852822],
    [10, 100, 99.9306852819],
  ];
  for (const [a, t, value] of cases) expect(valuesOf(logCosh(numbers(t), a))[0]).toBeCloseTo(value, 10);
  // t²/2 − t⁴/12; log cosh by subtraction would keep eight digits of it.
  expect(valuesOf(logCosh(numbers(1e-4), 1))[0] / 4.99999999167e-9).toBeCloseTo(1, 11);
});

test('the cost is even, ½ a t² near 0 and |t| − log(2)/a far away', () => {
  const t = [1e-6, 1e-3, 0.0999, 0.1001, 0.7, 3, 1e6];
  expect(valuesOf(logCosh(numbers(...t), 10))).toEqual(valuesOf(logCosh(numbers(...t.map((v) => -v)), 10)));
  const [nearZero, , below, above, , , far] = valuesOf(logCosh(numbers(...t), 10));
  expect(nearZero / 5e-12).toBeCloseTo(1, 9);
  expect(far).toBeCloseTo(1e6 - Math.LN2 / 10, 6);
  // Both forms meet at a t = 1.
  expect(above - below).toBeCloseTo(0.0002 * Math.tanh(1), 8);
});

test('its derivative is tanh(a t), bounded, on every engine', async () => {
  const t = new Variable('t', [9], filled(0));
  const points = [-100, -1, -0.1, -1e-3, 0, 1e-3, 0.1, 1, 100];
  const [derivative] = grad(logCosh(t, 10).sum(), [t]);
  for (const engine of engines) {
    const weights = new Map([['t', Float32Array.from(points)]]);
    const values = await valuesOn(engine.create(), { derivative }, { weights });
    points.forEach((point, i) => {
      expect(Math.abs(values.derivative[i] - Math.tanh(10 * point)), engine.name).toBeLessThan(1e-6);
    });
  }
});

test('cost and derivative are finite where e^(a t) is not, and precise where log cosh is tiny, in float32', async () => {
  const t = new Variable('t', [4], filled(0));
  const cost = logCosh(t, 10);
  const [derivative] = grad(cost.sum(), [t]);
  for (const engine of engines) {
    const weights = new Map([['t', Float32Array.of(-1e4, 1e4, 1e-4, 2e-4)]]);
    const values = await valuesOn(engine.create(), { cost, derivative }, { weights });
    expect(values.cost[0], engine.name).toBeCloseTo(1e4 - Math.LN2 / 10, 2);
    expect(values.derivative[0], engine.name).toBe(-1);
    expect(values.derivative[1], engine.name).toBe(1);
    expect(values.cost[2] / 4.99999917e-8, engine.name).toBeCloseTo(1, 5);
    expect(values.cost[3] / 1.99999867e-7, engine.name).toBeCloseTo(1, 5);
  }
});

/** Points around 0 that are close enough together, and reach far enough, to sum up densities. */
const GRID = Array.from({ length: 24_001 }, (_, i) => (i - 12_000) / 200);

test('the density integrates to 1, with the normaliser that is known', () => {
  for (const a of [0.3, 1, 10, 40]) {
    const p = new LogCosh({ mean: constant(0).broadcastTo([GRID.length, 1]), sharpness: a });
    const logProbs = valuesOf(p.logProb(constant(GRID, 'float32', [GRID.length, 1])));
    expect(logProbs.reduce((sum, logProb) => sum + Math.exp(logProb) / 200, 0)).toBeCloseTo(1, 4);
  }
  const peak = (a: number) =>
    Math.exp(-valuesOf(new LogCosh({ mean: numbers(0), sharpness: a, eventRank: 1 }).logProb(numbers(0)))[0]);
  expect(peak(1)).toBeCloseTo(Math.PI, 11);
  expect(peak(10)).toBeCloseTo(2.1353449, 7);
});

test('draws are distributed by the density: Kolmogorov-Smirnov', () => {
  const count = 20_000;
  for (const a of [0.05, 1, 10, 1000]) {
    const p = new LogCosh({ mean: constant(0.5).broadcastTo([count, 1]), sharpness: a });
    const drawn = valuesOf(p.sample()).sort((x, y) => x - y);
    expect(drawn.length).toBe(count);
    const at = constant(drawn, 'float32', [count, 1]);
    const densities = valuesOf(p.logProb(at)).map(Math.exp);
    // The distribution function by the trapezoidal rule between the draws, anchored at the median, 0.5.
    const middle = drawn.findIndex((value) => value > 0.5);
    let cumulative = 0.5 + densities[middle] * (drawn[middle] - 0.5);
    let farthest = 0;
    for (let i = middle; i < count - 1; i++) {
      farthest = Math.max(farthest, Math.abs(cumulative - (i + 0.5) / count));
      cumulative += ((densities[i] + densities[i + 1]) / 2) * (drawn[i + 1] - drawn[i]);
    }
    // p = 0.001
    expect(farthest, `a = ${a}`).toBeLessThan(1.95 / Math.sqrt(count));
  }
});

test('x must have the event of the mean', () => {
  const p = new LogCosh({ mean: input('mean', [3, 2]), sharpness: 1 });
  expect(() => p.nll(input('x', [3, 1]))).toThrow(
    "LogCosh: shape [3, 1] does not end in the event's shape [2]",
  );
});
