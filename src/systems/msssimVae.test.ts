import { expect, test } from 'vitest';
import { build, compute, numericTable, pictures, termValue } from '../conformance/models.js';
import { type Layer, reshape } from '../nn/index.js';
import { grad, type Tensor } from '../tensor/index.js';
import { describeData, msssimVae } from './index.js';

const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const data = describeData(pictures(24, 22, 1), { size: 10 });
const x = Uint8Array.from({ length: 3 * 24 * 22 }, (_, i) => 128 + 120 * Math.sin(i / 7) * Math.cos(i / 31));

test('a perfect reconstruction costs nothing, and any other at most the scale', () => {
  // Codes are the pixels' logits, without noise to speak of, and decoding leaves them as they are.
  const logits: Layer = () => (t: Tensor) => t.clip(0.01, 0.99).log().sub(t.clip(0.01, 0.99).neg().log1p());
  const identity = { latent: 24 * 22, encoder: logits, decoder: reshape([24, 22, 1]), logVarBound: 0 };
  const { model, batch, scope } = build(msssimVae, data, identity);
  const { reconstruction } = model.objective(batch(3));
  const size = 24 * 22;
  const eye = new Float64Array(size * size);
  for (let i = 0; i < size; i++) eye[i * size + i] = 1;
  const values = {
    x,
    'mean.weight': eye,
    'mean.bias': new Float64Array(size),
    'logVar.weight': new Float64Array(size * size),
    'logVar.bias': new Float64Array(size).fill(-60),
  };
  expect(scope.variables.map(({ name }) => name)).toEqual(Object.keys(values).slice(1));
  for (const cost of compute([termValue(reconstruction)], { values })[0])
    expect(Math.abs(cost)).toBeLessThan(1e-3);
  const untrained = build(msssimVae, data, small);
  const terms = untrained.model.objective(untrained.batch(3));
  for (const cost of compute([termValue(terms.reconstruction)], { values: { x } })[0]) {
    expect(cost).toBeGreaterThan(0.1 * size);
    expect(cost).toBeLessThanOrEqual(size);
  }
});

test('a sample’s cost does not depend on its neighbours, and every weight has a gradient', () => {
  const changed = x.map((level, i) => (i < 528 ? 255 - level : level));
  const costs = [x, changed].map((values) => {
    const { model, batch } = build(msssimVae, data, small);
    return compute([termValue(model.objective(batch(3)).reconstruction)], { values: { x: values } })[0];
  });
  expect(costs[1][0]).not.toBe(costs[0][0]);
  expect(costs[1].slice(1)).toEqual(costs[0].slice(1));
  for (const negative of ['relu', 'shift']) {
    const { model, batch, scope } = build(msssimVae, data, { ...small, negative, weights: 'ones' });
    const loss = termValue(model.objective(batch(3)).reconstruction).mean();
    const gradients = compute(grad(loss, scope.variables), { values: { x }, seed: 1 });
    for (const [i, gradient] of gradients.entries())
      expect(Math.max(...gradient.map(Math.abs)), scope.variables[i].name).toBeGreaterThan(0);
  }
});

test('scale and KL weight are what they say', () => {
  const costs = [{ scale: 1 }, { scale: 50, klWeight: 3 }].map((given) => {
    const { model, batch } = build(msssimVae, data, { ...small, ...given });
    const { reconstruction, kl } = model.objective(batch(3));
    return { value: compute([termValue(reconstruction)], { values: { x } })[0], kl };
  });
  costs[1].value.forEach((value, b) => {
    expect(value).toBeCloseTo(50 * costs[0].value[b], 9);
  });
  expect(costs[1].kl).toMatchObject({ weight: 3 });
});

test('small pictures have one scale and a smaller window; what cannot be is refused', () => {
  const tiny = build(msssimVae, describeData(pictures(5, 8, 3), { size: 4 }), small);
  const { reconstruction } = tiny.model.objective(tiny.batch(2));
  expect(termValue(reconstruction).shape).toEqual([2]);
  expect(() => build(msssimVae, data, { scales: 3 })).toThrow(
    'scales: pictures of 24 × 22 pixels hold a window of 11 at 2 of at most 5 scales; ' +
      'ask for fewer than 3, or for a smaller window',
  );
  expect(() => build(msssimVae, data, { window: 10 })).toThrow(
    'window: 10 has no centre; use an odd number of pixels',
  );
  expect(() => build(msssimVae, describeData(numericTable(3), { size: 4 }))).toThrow(
    'system: this one compares pictures',
  );
});
