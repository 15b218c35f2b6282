import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { valuesOn } from '../conformance/models.js';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, type Tensor, Variable } from '../tensor/index.js';
import { besselValues, vonMisesFisherKl } from './bessel.js';
import { besselTable } from './besselTable.js';
import { type CosineGradient, cosineByRejection, cosineInThreeDimensions, quantileSlope } from './cosine.js';
import { gaussLegendre } from './gaussLegendre.js';
import { UniformSphere, unit, VonMisesFisher } from './index.js';

const valuesOf = (y: Tensor, seed = 0) => evaluate([y], { seed })[0];

/** A unit vector of R^m without anything special about it. */
const someDirection = (m: number) =>
  unit(
    constant(
      Float64Array.from({ length: m }, (_, i) => Math.cos(1 + 2 * i)),
      'float32',
      [1, m],
    ),
  );
const concentration = (kappa: number) => constant(kappa).reshape([1, 1]);

function moments(values: ArrayLike<number>) {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b) / list.length;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length - 1);
  return { mean, variance, standardError: Math.sqrt(variance / list.length) };
}

test('Gauss-Legendre quadrature is exact for polynomials, and its weights add up to 1', () => {
  const { nodes, weights } = gaussLegendre(32);
  for (const degree of [0, 1, 7, 63]) {
    const integral = nodes.reduce((sum, x, i) => sum + weights[i] * x ** degree, 0);
    expect(integral).toBeCloseTo(1 / (degree + 1), 13);
  }
});

test.each([
  [2, 3],
  [3, 10],
  [5, 2],
  [11, 10],
  [41, 60],
])('in %i dimensions at κ = %f draws lie on the sphere, with mean A and variance A′ along μ', (m, kappa) => {
  const draws = 5000;
  const direction = someDirection(m);
  const q = new VonMisesFisher({ direction, concentration: concentration(kappa) });
  const z = q.rsample({ draws });
  expect(z.shape).toEqual([draws, 1, m]);
  const [cosines, norms, mean] = evaluate([
    z.mul(direction).sum(-1),
    z.square().sum(-1).sqrt(),
    z.mean(0).sub(q.mean),
  ]);
  for (const norm of norms) expect(Math.abs(norm - 1)).toBeLessThan(1e-6);
  const { ratio, slope } = besselValues(m, kappa);
  const along = moments(cosines);
  expect(Math.abs(along.mean - ratio)).toBeLessThan(4 * along.standardError);
  expect(Math.abs(along.variance / slope - 1)).toBeLessThan(8 / Math.sqrt(draws));
  // No coordinate has a deviation above 1.
  for (const difference of mean) expect(Math.abs(difference)).toBeLessThan(4 / Math.sqrt(draws));
});

test('at large κ draws are at μ, and towards κ = 0 they are uniform', () => {
  const [m, draws] = [6, 10_000];
  const direction = someDirection(m);
  const near = new VonMisesFisher({ direction, concentration: concentration(1e8) });
  for (const difference of valuesOf(near.rsample({ draws: 50 }).sub(direction))) {
    expect(Math.abs(difference)).toBeLessThan(1e-3);
  }
  const flat = new VonMisesFisher({ direction, concentration: concentration(0) });
  const z = flat.rsample({ draws }).reshape([draws, m]);
  const [mean, second] = evaluate([z.mean(0), z.swapLastAxes().matmul(z).div(draws)]);
  for (const value of mean) expect(Math.abs(value)).toBeLessThan(4 / Math.sqrt(m * draws));
  second.forEach((value, i) => {
    const isDiagonal = i % (m + 1) === 0;
    expect(Math.abs(value - (isDiagonal ? 1 / m : 0))).toBeLessThan(4 / Math.sqrt(draws) / m);
  });
});

test('in three dimensions the closed form and the rejection sampler draw from one distribution', () => {
  const lead = [100_000];
  const kappa = constant([2.5]);
  const closed = cosineInThreeDimensions({ kappa, lead, stream: 'a' });
  const shortfall = besselTable(3).shortfall(kappa);
  const general = cosineByRejection({
    ...{ kappa, lead, stream: 'b', shortfall, dimensions: 3, gradient: 'implicit', proposals: 8 },
  });
  const [a, b] = evaluate([closed.below, general.below]).map((values) => values.slice().sort());
  // Two-sample Kolmogorov-Smirnov: p > 0.001 is D √(n/2) < 1.95.
  let [largest, i, j] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] <= b[j]) i++;
    else j++;
    largest = Math.max(largest, Math.abs(i - j) / a.length);
  }
  expect(largest * Math.sqrt(a.length / 2)).toBeLessThan(1.95);
});

test('with few proposals the last one counts where none is accepted', () => {
  const q = new VonMisesFisher({
    ...{ direction: someDirection(4), concentration: concentration(3), proposals: 1 },
  });
  for (const norm of valuesOf(q.sample({ draws: 200 }).square().sum(-1))) expect(norm).toBeCloseTo(1, 6);
});

/** Mean and standard error of ∂w/∂κ over draws at m and κ, by finite noise of `draws` samples. */
function slopeOfMean(gradient: CosineGradient, m: number, kappa: number, draws: number) {
  const k = new Variable('κ', [draws, 1], () => []);
  const direction = someDirection(m).broadcastTo([draws, m]);
  const q = new VonMisesFisher({ direction, concentration: k, gradient });
  const cosine = q.rsample().mul(direction).sum(-1);
  const paid = gradient === 'corrected' ? cosine.add(cosine.stopGradient().mul(q.acceptanceScore())) : cosine;
  const values = { κ: new Float64Array(draws).fill(kappa) };
  return moments(evaluate(grad(paid.sum(), [k]), { values })[0]);
}

test('implicit and corrected gradients of E[μᵀz] by κ are A′(κ); the pathwise one is not', () => {
  const exact = 0.147389;
  const implicit = slopeOfMean('implicit', 5, 2, 10_000);
  expect(Math.abs(implicit.mean - exact)).toBeLessThan(4 * implicit.standardError);
  const corrected = slopeOfMean('corrected', 5, 2, 10_000);
  expect(Math.abs(corrected.mean - exact)).toBeLessThan(4 * corrected.standardError);
  expect(corrected.standardError).toBeGreaterThan(implicit.standardError);
  const pathwise = slopeOfMean('pathwise', 5, 2, 10_000);
  expect(Math.abs(pathwise.mean - 0.12776)).toBeLessThan(4 * pathwise.standardError);
  expect(Math.abs(pathwise.mean - exact)).toBeGreaterThan(5 * pathwise.standardError);
});

test('in three dimensions nothing is rejected, and there is nothing to correct', () => {
  const [corrected, implicit] = (['corrected', 'implicit'] as const).map((gradient) =>
    slopeOfMean(gradient, 3, 4, 500),
  );
  expect(corrected).toEqual(implicit);
});

test.each([
  [2, 3],
  [3, 4],
  [6, 5],
  [11, 10],
  [41, 60],
])('in %i dimensions at κ = %f the mean of ∂w/∂κ is A′', (m, kappa) => {
  const { mean, standardError } = slopeOfMean('implicit', m, kappa, 3000);
  expect(Math.abs(mean - besselValues(m, kappa).slope)).toBeLessThan(4 * standardError);
});

test('the slope of a quantile by 32 nodes is that by a fine sum, and positive', () => {
  const cells = 10_000;
  for (const [m, kappa] of [
    [4, 0.3],
    [5, 2],
    [11, 10],
    [41, 60],
    [21, 300],
  ]) {
    const { ratio } = besselValues(m, kappa);
    const spread = Math.sqrt(besselValues(m, kappa).slope);
    for (const w of [ratio, ratio - 2 * spread, Math.min(ratio + 2 * spread, (ratio + 1) / 2)]) {
      // Midpoint rule in the angle from w to 1, the density relative to that at w.
      const end = Math.acos(w);
      let sum = 0;
      for (let i = 0; i < cells; i++) {
        const angle = ((i + 0.5) * end) / cells;
        const t = Math.cos(angle);
        const density = Math.exp(kappa * (t - w)) * (Math.sin(angle) / Math.sin(end)) ** (m - 3);
        sum += (t - ratio) * density * Math.sin(angle) * (end / cells);
      }
      const [below, above, k] = [1 - w, 1 + w, kappa].map((value) => constant([value]));
      const shortfall = constant([1 - ratio]);
      const slope = valuesOf(quantileSlope({ below, above, kappa: k, shortfall, dimensions: m }))[0];
      expect(slope).toBeGreaterThan(0);
      expect(Math.abs(slope / sum - 1)).toBeLessThan(1e-5);
    }
  }
});

test('the gradient by μ is that of the reflection, and draws follow μ', () => {
  const m = 4;
  const h = input('h', [1, m]);
  const q = new VonMisesFisher({ direction: unit(h), concentration: concentration(5) });
  const f = q
    .rsample()
    .mul(constant([1, -2, 0.5, 3]))
    .sum();
  const at = Float64Array.of(0.3, -1, 0.8, 0.2);
  const [slopes] = evaluate(grad(f, [h]), { values: { h: at } });
  at.forEach((value, j) => {
    const moved = [1e-5, -1e-5].map((by) => {
      const values = { h: at.map((old, i) => (i === j ? value + by : old)) };
      return evaluate([f], { values })[0][0];
    });
    expect(slopes[j]).toBeCloseTo((moved[0] - moved[1]) / 2e-5, 8);
  });
});

test('a direction at e₁ itself leaves the draw where it is', () => {
  const direction = constant([1, 0, 0, 0, 0], 'float32', [1, 5]);
  const q = new VonMisesFisher({ direction, concentration: concentration(50) });
  const { mean } = moments(valuesOf(q.sample({ draws: 500 }).sliceAlong(-1, 0, 1)));
  expect(mean).toBeCloseTo(besselValues(5, 50).ratio, 1);
});

test('the closed-form KL to the uniform distribution agrees with E[log q(z) − log p(z)]', () => {
  const draws = 5000;
  for (const [m, kappa] of [
    [3, 10],
    [11, 100],
  ]) {
    const q = new VonMisesFisher({ direction: someDirection(m), concentration: concentration(kappa) });
    const p = new UniformSphere([1, m]);
    const z = q.sample({ draws });
    const { mean, standardError } = moments(valuesOf(q.logProb(z).sub(p.logProb(z))));
    const [closed] = valuesOf(q.klTo(p) ?? constant(NaN));
    expect(closed).toBeCloseTo(vonMisesFisherKl(m, kappa), 8);
    expect(Math.abs(mean - closed)).toBeLessThan(4 * standardError);
  }
});

test('the uniform density is one over the area, for draws in front as well', () => {
  const p = new UniformSphere([5, 3]);
  const logProb = p.logProb(p.sample({ draws: 7 }));
  expect(logProb.shape).toEqual([7, 5]);
  for (const value of valuesOf(logProb)) expect(value).toBeCloseTo(-Math.log(4 * Math.PI), 12);
  for (const norm of valuesOf(p.sample().square().sum(-1))) expect(norm).toBeCloseTo(1, 6);
});

test('codes of another length and concentrations of another shape are refused', () => {
  const q = new VonMisesFisher({ direction: someDirection(4), concentration: concentration(1) });
  expect(() => q.logProb(input('z', [1, 3]))).toThrow(
    "VonMisesFisher: shape [1, 3] does not end in the event's shape [4]",
  );
  expect(() => new VonMisesFisher({ direction: someDirection(4), concentration: constant([1]) })).toThrow(
    'VonMisesFisher: directions [1, 4] need concentrations [1, 1] but got [1]',
  );
});

test.each(engines)('draws, densities and gradients survive float32 on $name', async ({ create }) => {
  // In three dimensions ∂w/∂κ is a difference of two numbers of the order of 1/κ: below 0.1 it loses digits.
  const kappas = Float32Array.of(0.1, 1, 12.5, 400, 9e4);
  const count = kappas.length;
  const k = input('κ', [count, 1]);
  const outputs: Record<string, Tensor> = {};
  for (const m of [3, 11]) {
    const q = new VonMisesFisher({ direction: someDirection(m).broadcastTo([count, m]), concentration: k });
    const z = q.rsample({ stream: `codes of ${m}` });
    outputs[`z${m}`] = z;
    outputs[`norm${m}`] = z.square().sum(-1);
    outputs[`density${m}`] = q.logProb(z);
    outputs[`slope${m}`] = grad(z.mul(q.direction).sum(), [k])[0].mul(k);
  }
  const options = { feeds: { κ: kappas }, seed: 3, firstStep: 2 };
  const given = await valuesOn(create(), outputs, options);
  const exact = evaluate(Object.values(outputs), {
    values: { κ: Float64Array.from(kappas) },
    seed: 3,
    step: 2,
  });
  Object.keys(outputs).forEach((name, i) => {
    const scale = Math.max(1, ...exact[i].map(Math.abs));
    given[name].forEach((value, j) => {
      expect(Math.abs(value - exact[i][j]), `${name} ${j}`).toBeLessThan(1e-5 * scale);
    });
  });
});
