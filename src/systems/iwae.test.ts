import { expect, test } from 'vitest';
import { EXACT, knownEvidence, LOG_EVIDENCE, PRIOR } from '../conformance/knownEvidence.js';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { importanceGradients } from '../probability/index.js';
import { grad, type Tensor, topologicalOrder } from '../tensor/index.js';
import { describeData, iwae } from './index.js';

const picture = describeData(pictures(3, 4, 1), { size: 10 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const x = Uint8Array.from({ length: 48 }, (_, i) => (i * 89) % 256);

/** How often the networks run: products with the first weight of each. */
const passes = (root: Tensor, weight: string) =>
  topologicalOrder([root]).filter((node) => node.is('matmul') && named(node.inputs[1], weight)).length;
const named = (node: Tensor, name: string) => 'name' in node && node.name === name;

test('the bound with the prior as posterior is −1.5566 at K = 5, and the evidence with the exact one', () => {
  for (const gradient of importanceGradients) {
    const { average, standardError } = knownEvidence(iwae, { k: 5, gradient }, PRIOR, 20_000);
    expect(Math.abs(-average + 1.5566)).toBeLessThan(4 * standardError + 5e-5);
    for (const loss of knownEvidence(iwae, { k: 5, gradient }, EXACT, 20).losses)
      expect(-loss).toBeCloseTo(LOG_EVIDENCE, 6);
  }
});

test('at the exact posterior the gradient of the encoder is 0 in the mean, and along the path for every draw', () => {
  const count = 10_000;
  for (const gradient of importanceGradients) {
    const { gradients } = knownEvidence(iwae, { k: 5, gradient }, EXACT, count);
    // Per sample, a gradient has a deviation of at most about 1.
    const most = gradient === 'standard' ? 4 / Math.sqrt(count) : 1e-12;
    for (const each of gradients) expect(Math.abs(each)).toBeLessThan(most);
  }
});

test('the one term is the whole bound, per sample, which no schedule of the KL touches', () => {
  const { model, batch } = build(iwae, picture, small);
  const { bound, ...others } = model.objective(batch(4));
  expect(others).toEqual({});
  expect(bound).toMatchObject({ role: 'bound', weight: 1, isFixed: true });
  expect(termValue(bound).shape).toEqual([4]);
});

test('the networks run once, whatever the number of draws and the gradient', () => {
  for (const gradient of importanceGradients) {
    const { model, batch } = build(iwae, picture, { ...small, k: 7, gradient });
    const loss = termValue(model.objective(batch(4)).bound);
    expect(passes(loss, 'encoder.1.weight')).toBe(1);
    expect(passes(loss, 'decoder.0.weight')).toBe(1);
  }
});

test('what evaluation computes does not depend on the gradient', () => {
  const table = new VariableTable();
  const options = (gradient: string) => ({ ...small, gradient });
  const [standard, dreg] = ['standard', 'dreg'].map((gradient) => {
    const { model, batch } = build(iwae, picture, options(gradient), { training: false, table });
    return termValue(model.objective(batch(4)).bound);
  });
  expect(dreg).toBe(standard);
});

test('the loss and the decoder’s gradient are the same for every gradient of the encoder, which differs', () => {
  const [standard, ...others] = importanceGradients.map((gradient) => {
    const { model, batch, scope } = build(iwae, picture, { ...small, gradient });
    const loss = termValue(model.objective(batch(4)).bound);
    const of = (pattern: RegExp) => scope.variables.filter(({ name }) => pattern.test(name));
    const [decoder, encoder] = [of(/^decoder/), of(/^(encoder|mean|logVar)/)];
    const roots = [loss, ...grad(loss.mean(), [...decoder, ...encoder])];
    const values = compute(roots, { values: { x }, seed: 2 });
    return {
      same: values.slice(0, 1 + decoder.length).flat(),
      own: values.slice(1 + decoder.length).flat(),
    };
  });
  for (const { same, own } of others) {
    same.forEach((value, i) => {
      expect(value).toBeCloseTo(standard.same[i], 10);
    });
    expect(Math.max(...own.map((value, i) => Math.abs(value - standard.own[i])))).toBeGreaterThan(1e-3);
  }
});
