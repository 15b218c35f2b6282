import { expect, test } from 'vitest';
import { build, compute, numericTable, pictures, termValue } from '../conformance/models.js';
import { type Layer, linear } from '../nn/index.js';
import { grad } from '../tensor/index.js';
import { betaVae, describeData, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 10 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const identity: Layer = () => (t) => t;
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);

test('terms are reported before their weights, which are beside them', () => {
  const { model, batch } = build(betaVae, data, { ...small, beta: 7 });
  const { reconstruction, kl } = model.objective(batch(5));
  expect(toWeighted(reconstruction)).toMatchObject({ weight: 1, role: 'bound' });
  expect(toWeighted(kl)).toMatchObject({ weight: 7, role: 'bound' });
});

test('β does not change the terms, only what is minimised', () => {
  const termsAt = (beta: number) => {
    const { model, batch } = build(betaVae, data, { ...small, beta });
    return compute(Object.values(model.objective(batch(5))).map(termValue), { values: { x }, seed: 1 });
  };
  expect(termsAt(0)).toEqual(termsAt(16));
});

test('at β = 0 nothing pays for precision: less variance is always better', () => {
  const table = describeData(numericTable(3), { size: 10 });
  const linearModel = { encoder: identity, decoder: linear(3), latent: 2, sigma: 'fixed', samples: 5000 };
  const { model, batch, scope } = build(betaVae, table, { ...linearModel, beta: 0 });
  const terms = Object.values(model.objective(batch(4))).map(toWeighted);
  const loss = terms.map(({ value, weight }) => value.mul(weight).mean()).reduce((a, b) => a.add(b));
  const rows = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const biases = scope.variables.filter(({ name }) => name === 'logVar.bias');
  const [slopes] = compute(grad(loss, biases), { values: { x: rows } });
  expect(slopes.length).toBe(2);
  for (const slope of slopes) expect(slope).toBeGreaterThan(0);
});
