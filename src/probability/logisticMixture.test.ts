import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, type Shape, sizeOf, type Tensor } from '../tensor/index.js';
import { DiscretisedLogistic, LogisticMixture } from './index.js';

const valuesOf = (tensors: Tensor[], options = {}) =>
  evaluate(tensors, options).map((list) => Array.from(list));
const waves = (shape: Shape, scale = 1, phase = 0) =>
  constant(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => scale * Math.sin(3 * i + phase)),
    'float32',
    shape,
  );
const levels = (shape: Shape) =>
  constant(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 89) % 256) / 255),
    'float32',
    shape,
  );

test('one component without coupling is the discretised logistic distribution', () => {
  const shape = [2, 3, 2, 3];
  const location = waves(shape);
  const logScale = waves(shape, 1, 2).sub(2);
  const x = levels(shape);
  const mixture = new LogisticMixture({
    logits: waves([2, 3, 2, 1], 5),
    location: location.expandDims(-2),
    logScale: logScale.expandDims(-2),
    coefficients: constant(0).broadcastTo([2, 3, 2, 1, 3]),
  });
  const single = new DiscretisedLogistic({ location, logScale });
  const [a, b, m, n] = valuesOf([mixture.logProb(x), single.logProb(x), mixture.mean, single.mean]);
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i], 9);
  });
  m.forEach((value, i) => {
    expect(value).toBeCloseTo(n[i], 12);
  });
});

test('the probabilities of all levels of a grey picture, and of all pairs of two channels, sum to 1', () => {
  const ofPairs = (channels: number, count: number) => {
    const x = Float64Array.from({ length: count * channels }, (_, i) => {
      const [row, channel] = [Math.floor(i / channels), i % channels];
      return (channel === 0 ? row % 256 : Math.floor(row / 256)) / 255;
    });
    const of = (parameter: Tensor) => parameter.broadcastTo([count, 1, 1, ...parameter.shape]) as Tensor;
    const mixture = new LogisticMixture({
      logits: of(constant([0.3, -1, 2])),
      location: of(waves([3, channels], 0.8)),
      logScale: of(waves([3, channels], 2, 1).sub(2)),
      ...(channels > 1 ? { coefficients: of(waves([3, 1], 0.9)) } : {}),
    });
    const [logs] = valuesOf([mixture.logProb(constant(x, 'float32', [count, 1, 1, channels]))]);
    return logs.reduce((sum, value) => sum + Math.exp(value), 0);
  };
  expect(ofPairs(1, 256)).toBeCloseTo(1, 12);
  expect(ofPairs(2, 65_536)).toBeCloseTo(1, 10);
});

test('green is moved by the true red, and blue by the true red and green', () => {
  const [c1, c2, c3] = [0.5, -0.25, 0.8];
  const x = [40, 200, 120];
  const location = [0.1, -0.2, 0.05];
  const mixture = new LogisticMixture({
    logits: constant([0], 'float32', [1, 1, 1, 1]),
    location: constant(location, 'float32', [1, 1, 1, 1, 3]),
    logScale: constant(-1).broadcastTo([1, 1, 1, 1, 3]),
    coefficients: constant([c1, c2, c3], 'float32', [1, 1, 1, 1, 3]),
  });
  const [r, g] = x.map((level) => (2 * level) / 255 - 1);
  const moved = [location[0], location[1] + c1 * r, location[2] + c2 * r + c3 * g];
  const single = new DiscretisedLogistic({
    location: constant(moved, 'float32', [1, 1, 1, 3]),
    logScale: constant(-1),
  });
  const data = constant(
    Float64Array.from(x, (level) => level / 255),
    'float32',
    [1, 1, 1, 3],
  );
  const [[a], [b]] = valuesOf([mixture.logProb(data), single.logProb(data)]);
  expect(a).toBeCloseTo(b, 10);
});

const COUNT = 20_000;

function colours() {
  const of = (parameter: Tensor) => parameter.broadcastTo([COUNT, 1, 1, ...parameter.shape]);
  return new LogisticMixture({
    logits: of(constant([0, 1])),
    location: of(constant([-0.3, 0.1, 0, 0.3, -0.1, 0.05], 'float32', [2, 3])),
    logScale: of(constant(-3).broadcastTo([2, 3])),
    coefficients: of(constant([0.5, -0.4, 0.3, -0.5, 0.2, 0.4], 'float32', [2, 3])),
  });
}

test('draws are levels, with the mixture’s mean, and as likely as their log-probability says', () => {
  const mixture = colours();
  const x = mixture.sample();
  expect(x.shape).toEqual([COUNT, 1, 1, 3]);
  const [drawn, mean, logProb] = valuesOf([x, mixture.mean, mixture.logProb(x)], { seed: 3 });
  for (let channel = 0; channel < 3; channel++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < COUNT; i++) {
      const value = drawn[3 * i + channel];
      expect(Math.abs(255 * value - Math.round(255 * value))).toBeLessThan(1e-6);
      sum += value / COUNT;
      squares += value ** 2 / COUNT;
    }
    const standardError = Math.sqrt((squares - sum ** 2) / COUNT);
    expect(Math.abs(sum - mean[channel])).toBeLessThan(4 * standardError);
  }
  // −log p averages to the entropy, and that of any other distribution on the same draws to more.
  const entropy = -logProb.reduce((sum, value) => sum + value, 0) / COUNT;
  const uncoupled = new LogisticMixture({
    ...mixture,
    coefficients: constant(0).broadcastTo([COUNT, 1, 1, 2, 3]),
  });
  const [other] = valuesOf([uncoupled.logProb(x)], { seed: 3 });
  expect(entropy).toBeLessThan(-other.reduce((sum, value) => sum + value, 0) / COUNT);
});

test('a decoder’s output is cut into logits, locations, scales and coefficients', () => {
  expect(LogisticMixture.width(10, 3)).toBe(100);
  expect(LogisticMixture.width(10, 1)).toBe(30);
  const output = waves([2, 4, 5, LogisticMixture.width(2, 3)]);
  const mixture = LogisticMixture.of(output, 2, 3);
  expect(mixture.logits.shape).toEqual([2, 4, 5, 2]);
  for (const parameter of [mixture.location, mixture.logScale, mixture.coefficients])
    expect(parameter?.shape).toEqual([2, 4, 5, 2, 3]);
  expect(mixture.mean.shape).toEqual([2, 4, 5, 3]);
  expect(mixture.logProb(levels([6, 2, 4, 5, 3])).shape).toEqual([6, 2]);
  expect(LogisticMixture.of(waves([1, 2, 2, 30]), 10, 1).sample({ draws: 3 }).shape).toEqual([3, 1, 2, 2, 1]);
});

test('values and gradients are finite however far off the locations are', () => {
  const location = input('location', [3, 1, 1, 2, 3]);
  const rest = waves([3, 1, 1, 2, 3]);
  const mixture = new LogisticMixture({
    logits: waves([3, 1, 1, 2], 1e3),
    location,
    logScale: rest.mul(50),
    coefficients: rest,
  });
  const loss = mixture.nll(levels([3, 1, 1, 3])).sum();
  for (const scale of [0, 1e3, -1e3]) {
    const values = { location: Float64Array.from({ length: 18 }, (_, i) => scale * Math.cos(i)) };
    for (const list of valuesOf([loss, ...grad(loss, [location])], { values }))
      for (const value of list) expect(Number.isFinite(value)).toBe(true);
  }
});

test('pictures of another shape are refused', () => {
  const mixture = LogisticMixture.of(waves([1, 2, 2, 30]), 10, 1);
  expect(() => mixture.logProb(levels([1, 2, 3, 1]))).toThrow(
    "LogisticMixture: shape [1, 2, 3, 1] does not end in the event's shape [2, 2, 1]",
  );
});
