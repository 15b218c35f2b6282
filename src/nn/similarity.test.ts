import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { valuesOn } from '../conformance/models.js';
import { evaluate } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { constant, grad, input, type Shape, sizeOf, type Tensor, Variable } from '../tensor/index.js';
import { filled, gaussianWindow, msSsim, scalesFor, ssim, weightsFor, windowFor } from './index.js';

const valuesOf = (y: Tensor) => Array.from(evaluate([y])[0]);
const pictures = (values: ArrayLike<number>, shape: Shape) => constant(values, 'float32', shape);

/** Intensities in [0, 1], every pixel by itself. */
function noise(name: string, shape: Shape): Float64Array {
  return Float64Array.from(new RandomStream(1, name).uniform(new Float32Array(sizeOf(shape))));
}

type Pixel = (row: number, column: number) => number;

/** Mean SSIM, or mean CS alone, of one channel of one picture: the definition, position by position. */
function direct(x: Pixel, y: Pixel, height: number, width: number, range: number, withLuminance: boolean) {
  const taps = 11;
  const g = Array.from({ length: taps }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5));
  const total = g.reduce((a, b) => a + b) ** 2;
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  let sum = 0;
  for (let r = 0; r + taps <= height; r++) {
    for (let c = 0; c + taps <= width; c++) {
      const mean = (f: Pixel) => {
        let m = 0;
        for (let i = 0; i < taps; i++)
          for (let j = 0; j < taps; j++) m += (g[i] * g[j] * f(r + i, c + j)) / total;
        return m;
      };
      const [mx, my] = [mean(x), mean(y)];
      const vx = mean((i, j) => (x(i, j) - mx) ** 2);
      const vy = mean((i, j) => (y(i, j) - my) ** 2);
      const cov = mean((i, j) => (x(i, j) - mx) * (y(i, j) - my));
      const structure = (2 * cov + c2) / (vx + vy + c2);
      sum += withLuminance ? structure * ((2 * mx * my + c1) / (mx * mx + my * my + c1)) : structure;
    }
  }
  return sum / ((height - taps + 1) * (width - taps + 1));
}

test('the window is the Gaussian of deviation 1.5, largest in its centre', () => {
  const window = Array.from(gaussianWindow(11));
  const half = [0.00102838, 0.00759876, 0.03600077, 0.10936069, 0.21300554, 0.26601172];
  [...half, ...half.slice(0, -1).reverse()].forEach((value, i) => {
    expect(window[i]).toBeCloseTo(value, 8);
  });
  expect(window.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
});

test('scales end where the window would not fit, and their weights add up to 1', () => {
  expect(
    [
      [64, 64],
      [28, 28],
      [176, 200],
      [175, 200],
      [21, 100],
      [8, 8],
    ].map(([h, w]) => scalesFor(h, w)),
  ).toEqual([3, 2, 5, 4, 1, 1]);
  expect(
    [
      [64, 28],
      [10, 64],
      [7, 9],
      [1, 5],
    ].map(([h, w]) => windowFor(h, w)),
  ).toEqual([11, 9, 7, 1]);
  expect(weightsFor(5).reduce((a, b) => a + b)).toBeCloseTo(1, 14);
  // 0.0448 : 0.2856
  expect(weightsFor(2)[0]).toBeCloseTo(0.13559322, 8);
});

test('SSIM and MS-SSIM are what a loop over windows gives, channel by channel', () => {
  const [height, width, channels, range] = [24, 23, 2, 2];
  const shape = [1, height, width, channels];
  const [a, b] = [noise('a', shape), noise('b', shape)];
  const mixed = a.map((value, i) => 0.7 * value + 0.3 * b[i]);
  const at =
    (values: Float64Array, channel: number): Pixel =>
    (r, c) =>
      values[(r * width + c) * channels + channel];
  const half =
    (f: Pixel): Pixel =>
    (r, c) =>
      (f(2 * r, 2 * c) + f(2 * r + 1, 2 * c) + f(2 * r, 2 * c + 1) + f(2 * r + 1, 2 * c + 1)) / 4;
  const [x, y] = [pictures(a, shape), pictures(mixed, shape)];
  const means = [0, 1].map((channel) => {
    const [p, q] = [at(a, channel), at(mixed, channel)];
    const fine = direct(p, q, height, width, range, false);
    const coarse = direct(half(p), half(q), 12, 11, range, true);
    return { ssim: direct(p, q, height, width, range, true), msSsim: fine ** 0.4 * coarse ** 0.6 };
  });
  const mean = (name: 'ssim' | 'msSsim') => (means[0][name] + means[1][name]) / 2;
  expect(valuesOf(ssim(x, y, { range }))[0]).toBeCloseTo(mean('ssim'), 10);
  const multi = valuesOf(msSsim(x, y, { range, scales: 2, weights: [0.4, 0.6] }));
  expect(multi[0]).toBeCloseTo(mean('msSsim'), 10);
  // Two scales need 22 pixels, which these pictures have.
  expect(valuesOf(msSsim(x, y, { range, weights: [0.4, 0.6] }))).toEqual(multi);
});

test('a picture is like itself by 1, and there the gradient is 0', () => {
  const shape = [2, 22, 22, 1];
  const values = { y: noise('a', shape) };
  const [x, y] = [pictures(values.y, shape), new Variable('y', shape, filled(0))];
  for (const measure of [ssim(x, y), msSsim(x, y)]) {
    const [alike, gradient] = evaluate([measure, ...grad(measure.sum(), [y])], { values });
    for (const value of alike) expect(value).toBeCloseTo(1, 12);
    for (const value of gradient) expect(Math.abs(value)).toBeLessThan(1e-10);
  }
});

test('black and white have all structure and hardly any luminance in common', () => {
  const shape = [1, 44, 44, 1];
  const [black, white] = [
    pictures([0], [1, 1, 1, 1]).broadcastTo(shape),
    pictures([1], [1, 1, 1, 1]).broadcastTo(shape),
  ];
  const luminance = 1e-4 / (1 + 1e-4);
  expect(luminance).toBeCloseTo(9.999e-5, 8);
  expect(valuesOf(ssim(black, white))[0]).toBeCloseTo(luminance, 12);
  // Luminance enters once, at the coarsest of three scales.
  expect(valuesOf(msSsim(black, white))[0]).toBeCloseTo(luminance ** weightsFor(3)[2], 10);
});

test('both are symmetric, and joint transposition and flips change nothing', () => {
  const shape = [2, 24, 24, 2];
  const [x, y] = [pictures(noise('a', shape), shape), pictures(noise('b', shape), shape)];
  for (const measure of [ssim, msSsim]) {
    const expected = valuesOf(measure(x, y));
    const turns: ((t: Tensor) => Tensor)[] = [
      (t) => t.flip(1),
      (t) => t.flip(2),
      (t) => t.transpose([0, 2, 1, 3]),
    ];
    const others = [measure(y, x), ...turns.map((turn) => measure(turn(x), turn(y)))];
    for (const other of others)
      valuesOf(other).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 12);
      });
  }
});

test('a picture’s number does not depend on the other pictures of its batch', () => {
  const shape = [3, 22, 22, 1];
  const a = noise('a', shape);
  const b = noise('b', shape).map((value, i) => 0.5 * value + 0.5 * a[i]);
  const changed = b.map((value, i) => (i < 484 ? value ** 2 : value));
  for (const measure of [ssim, msSsim]) {
    const before = valuesOf(measure(pictures(a, shape), pictures(b, shape)));
    const after = valuesOf(measure(pictures(a, shape), pictures(changed, shape)));
    expect(after[0]).not.toBe(before[0]);
    expect(after.slice(1)).toEqual(before.slice(1));
  }
});

test('a constant added changes luminance only', () => {
  const shape = [1, 22, 22, 1];
  const a = noise('a', shape);
  const [x, y] = [
    pictures(a, shape),
    pictures(
      a.map((value) => value + 0.3),
      shape,
    ),
  ];
  const [shifted] = valuesOf(ssim(x, y));
  const direct1 =
    (values: Float64Array): Pixel =>
    (r, c) =>
      values[r * 22 + c];
  const structure = direct(direct1(a), direct1(a.map((value) => value + 0.3)), 22, 22, 1, false);
  expect(structure).toBeCloseTo(1, 10);
  expect(shifted).toBeLessThan(0.95);
});

test('a picture’s negative: SSIM about −0.96, MS-SSIM and gradients finite in float32, on every engine', async () => {
  const shape = [1, 32, 32, 1];
  const x = input('x', shape);
  const y = new Variable('y', shape, filled(0));
  const feeds = { x: Float32Array.from(noise('a', shape)) };
  const weights = new Map([['y', feeds.x.map((value) => 1 - value)]]);
  const outputs: Record<string, Tensor> = { ssim: ssim(x, y) };
  for (const negative of ['relu', 'shift'] as const) {
    outputs[negative] = msSsim(x, y, { negative });
    outputs[`gradient with ${negative}`] = grad(outputs[negative].sum(), [y])[0];
  }
  for (const engine of engines) {
    const values = await valuesOn(engine.create(), outputs, { feeds, weights });
    expect(values.ssim[0], engine.name).toBeGreaterThan(-0.99);
    expect(values.ssim[0], engine.name).toBeLessThan(-0.94);
    expect(values.relu[0], engine.name).toBe(0);
    expect(values.shift[0], engine.name).toBeGreaterThan(0);
    expect(Math.max(...values['gradient with shift'].map(Math.abs)), engine.name).toBeGreaterThan(0);
    for (const [name, list] of Object.entries(values))
      for (const value of list) expect(Number.isFinite(value), `${name} on ${engine.name}`).toBe(true);
  }
});

test('what is no pair of pictures, or too small for the scales asked for, is refused', () => {
  const x = input('x', [2, 16, 16, 1]);
  expect(() => ssim(x, input('y', [2, 16, 16, 3]))).toThrow(
    'ssim: compares pictures [2, 16, 16, 1] with [2, 16, 16, 3]; wanted two of one shape [batch, height, width, channels]',
  );
  expect(() => msSsim(x, x, { scales: 2 })).toThrow(
    'msSsim: a window of 11 does not fit into 8 × 8 pixels; take fewer scales',
  );
  expect(() => msSsim(x, x, { scales: 2, weights: [1] })).toThrow(
    '1 weights for 2 scales; give one for each',
  );
});
