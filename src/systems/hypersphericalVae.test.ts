import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, termValue, valuesOn } from '../conformance/models.js';
import { type Layer, linear } from '../nn/index.js';
import { vonMisesFisherKl } from '../probability/bessel.js';
import { constant, grad, type Tensor } from '../tensor/index.js';
import { hypersphericalVae } from './hypersphericalVae.js';
import { describeData } from './index.js';

// In a browser and in TypeScript, preparing these graphs takes seconds; other tests cover their operations there.
const quickEngines = engines.filter(({ name }) => !/web|TypeScript|baseline|1 thread/.test(name));
const identity: Layer = () => (x) => x;
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const picture = describeData(pictures(3, 4, 1), { size: 10 });
const levels = (count: number) => Uint8Array.from({ length: count * 12 }, (_, i) => (i * 89) % 256);

function termsOf(options: Record<string, unknown>, count: number) {
  const { model, batch, scope } = build(hypersphericalVae, picture, { ...small, ...options });
  const { reconstruction, kl } = model.objective(batch(count));
  return { model, batch, scope, reconstruction: termValue(reconstruction), kl: termValue(kl) };
}

test('codes have one number more than the sphere has dimensions, and length 1', () => {
  const { model, batch, kl } = termsOf({}, 5);
  expect(model.codeShape).toEqual([4]);
  expect(kl.shape).toEqual([5]);
  const norms = [model.encode(batch(5)), model.prior?.(5).sample() ?? constant(0)].map((z) =>
    z.square().sum(-1),
  );
  for (const norm of compute(norms, { values: { x: levels(5) } }).flat()) expect(norm).toBeCloseTo(1, 6);
});

test('the KL is that of each sample’s concentration, which the floor bounds', () => {
  const { kl } = termsOf({ kappaFloor: 2 }, 2);
  for (const [bias, kappa] of [
    [-200, 2],
    [0, 2 + Math.LN2],
    [500, 502],
  ]) {
    const values = {
      x: levels(2),
      'concentration.weight': new Float64Array(6),
      'concentration.bias': Float64Array.of(bias),
    };
    for (const value of compute([kl], { values })[0]) {
      expect(value).toBeCloseTo(vonMisesFisherKl(4, kappa), 8);
    }
  }
});

test('what is decoded is the direction of a code', () => {
  const { model } = termsOf({}, 1);
  const code = constant([0.5, -0.1, 2, 1], 'float32', [1, 4]);
  const [pixels, doubled] = compute([model.decode(code), model.decode(code.mul(2))]);
  pixels.forEach((value, i) => {
    expect(doubled[i]).toBeCloseTo(value, 10);
  });
});

test('the way to the gradient does not change the terms', () => {
  const of = (gradient: string) => {
    const { reconstruction, kl } = termsOf({ gradient }, 3);
    return compute([reconstruction, kl], { values: { x: levels(3) }, seed: 4 }).flat();
  };
  const [implicit, corrected, pathwise] = ['implicit', 'corrected', 'pathwise'].map(of);
  implicit.forEach((value, i) => {
    expect(corrected[i]).toBeCloseTo(value, 12);
    expect(pathwise[i]).toBeCloseTo(value, 12);
  });
});

/** Mean and standard error over copies of one sample of the derivative of its cost by the concentration's bias. */
function slopeByConcentration(gradient: string) {
  const count = 10_000;
  const data = describeData(numericTable(4), { size: 10 });
  const options = { encoder: identity, decoder: linear(4), latent: 3, sigma: 'fixed', gradient };
  const { model, batch } = build(hypersphericalVae, data, options);
  const x = batch(count);
  const reconstruction = termValue(model.objective(x).reconstruction);
  const q = model.posterior?.(x);
  if (!(q && 'concentration' in q)) throw new Error('the posterior has a concentration');
  const [slopes] = compute(grad(reconstruction.sum(), [q.concentration as Tensor]), {
    values: {
      x: Float64Array.from({ length: 4 * count }, (_, i) => [0.5, -1, 0.2, 1][i % 4]),
      'concentration.weight': new Float64Array(4),
      'concentration.bias': Float64Array.of(1),
    },
  });
  const mean = slopes.reduce((a, b) => a + b) / count;
  const variance = slopes.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, standardError: Math.sqrt(variance / count) };
}

test('the exact and the corrected gradient of the cost agree in the mean; the pathwise one is another', () => {
  const implicit = slopeByConcentration('implicit');
  const corrected = slopeByConcentration('corrected');
  const both = Math.hypot(implicit.standardError, corrected.standardError);
  expect(Math.abs(implicit.mean - corrected.mean)).toBeLessThan(4 * both);
  const pathwise = slopeByConcentration('pathwise');
  expect(Math.abs(implicit.mean - pathwise.mean)).toBeGreaterThan(
    4 * Math.hypot(implicit.standardError, pathwise.standardError),
  );
});

test('gradients of the cost reach encoder and decoder, those of the KL the concentration but not the direction', () => {
  const { scope, reconstruction, kl } = termsOf({}, 4);
  const reach = (term: Tensor) => {
    const gradients = compute(grad(term.sum(), scope.variables), { values: { x: levels(4) }, seed: 2 });
    return scope.variables.flatMap(({ name }, i) => (gradients[i].some((g) => g !== 0) ? [name] : []));
  };
  const all = scope.variables.map(({ name }) => name);
  expect(reach(reconstruction)).toEqual(all);
  expect(reach(kl)).toEqual(all.filter((name) => /^(encoder|concentration)\./.test(name)));
});

test('with a decoder that ignores the code, importance weights average to p(x) itself', () => {
  const draws = 10_000;
  const { model, batch } = build(hypersphericalVae, picture, { ...small, latent: 10 });
  const q = model.posterior?.(batch(1));
  const p = model.prior?.(1);
  if (!q || !p?.logProb) throw new Error('posterior and prior have densities');
  const z = q.sample({ draws });
  const ratios = compute([p.logProb(z).sub(q.logProb(z)).exp()], { values: { x: levels(1) } })[0];
  const mean = ratios.reduce((a, b) => a + b) / draws;
  const variance = ratios.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws - 1);
  expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(variance / draws));
});

test.each(quickEngines)('terms and gradients are those of float64 to 1e-5 on $name', async ({ create }) => {
  const { scope, reconstruction, kl } = termsOf({}, 4);
  const loss = reconstruction.add(kl).mean();
  const outputs = { loss, kl, ...Object.fromEntries(grad(loss, scope.variables).entries()) };
  const options = { seed: 1, firstStep: 3 };
  const given = await valuesOn(create(), outputs, { feeds: { x: levels(4) }, ...options });
  const exact = compute(Object.values(outputs), { values: { x: levels(4) }, seed: 1, step: 3 });
  Object.keys(outputs).forEach((name, i) => {
    const scale = Math.max(...exact[i].map(Math.abs));
    exact[i].forEach((value, j) => {
      expect(Math.abs((given as Record<string, ArrayLike<number>>)[name][j] - value)).toBeLessThan(
        1e-5 * scale,
      );
    });
  });
});
