import { expect, test } from 'vitest';
import { build, compute, numericTable, termValue } from '../conformance/models.js';
import { grad } from '../tensor/index.js';
import { betaVae, describeData, logcoshVae, type System, toWeighted } from './index.js';

const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const table = describeData(numericTable(12), { size: 10 });
const x = Float64Array.from({ length: 60 }, (_, i) => 3 * Math.sin(i));

/** Terms, decoded codes and weighted gradients of five samples. */
function run(system: System, given: Record<string, unknown>) {
  const { model, batch, scope } = build(system, table, { ...small, ...given });
  const terms = Object.values(model.objective(batch(5))).map(toWeighted);
  const loss = terms.map(({ value, weight }) => value.mul(weight).mean()).reduce((a, b) => a.add(b));
  const [reconstruction, kl, ...gradients] = compute(
    [...terms.map(({ value }) => value), ...grad(loss, scope.variables)],
    { values: { x }, seed: 2 },
  );
  return { reconstruction, kl, gradients: gradients.flat() };
}

test('as a → 0 with β′ = a β, the loss over a is ½ of the squared error and β KL', () => {
  // (1/a) log cosh(a t) = a (t²/2 − a² t⁴/12 …): at a = 10⁻⁶ the second part is lost in rounding.
  const [a, beta] = [1e-6, 0.7];
  const { reconstruction, kl, gradients } = run(logcoshVae, { a, beta: a * beta });
  const squared = { likelihood: 'gaussian', sigma: 'fixed', beta };
  const { reconstruction: nll, kl: same, gradients: others } = run(betaVae, squared);
  const constant = 6 * Math.log(2 * Math.PI);
  reconstruction.forEach((value, b) => {
    expect(Math.abs(value / a / (nll[b] - constant) - 1)).toBeLessThan(1e-10);
  });
  expect(kl).toEqual(same);
  const largest = Math.max(...others.map(Math.abs));
  gradients.forEach((gradient, i) => {
    expect(Math.abs(gradient / a - others[i])).toBeLessThan(1e-10 * largest);
  });
});

test('for large a it is the absolute error', () => {
  const a = 1e7;
  const { model, batch } = build(logcoshVae, table, { ...small, a });
  const { reconstruction } = model.objective(batch(5));
  const q = model.posterior?.(batch(5));
  if (!q || !('rsample' in q) || typeof q.rsample !== 'function') throw new Error('the posterior has draws');
  const absolute = model.decode(q.rsample()).sub(batch(5).x).abs().sumOverEvent();
  const [cost, expected] = compute([termValue(reconstruction), absolute], { values: { x }, seed: 2 });
  cost.forEach((value, b) => {
    expect(value).toBeCloseTo(expected[b], 5);
  });
});

test('as a likelihood it costs D log Z more, learns the same, and can be drawn from', () => {
  const cost = run(logcoshVae, {});
  const density = run(logcoshVae, { likelihood: 'logcosh' });
  cost.reconstruction.forEach((value, b) => {
    // Z(10) = 2.1353449
    expect(density.reconstruction[b] - value).toBeCloseTo(12 * Math.log(2.1353449), 6);
  });
  expect(density.gradients).toEqual(cost.gradients);
  const { model, batch } = build(logcoshVae, table, { ...small, likelihood: 'logcosh' });
  const p = model.likelihood?.(model.encode(batch(5)));
  expect(p?.sample({ stream: 'likelihood' }).shape).toEqual([5, 12]);
  expect(build(logcoshVae, table, small).model.likelihood).toBeUndefined();
});
