import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, pictures, termValue, valuesOn } from '../conformance/models.js';
import { batchJacobian, grad, type Tensor, topologicalOrder } from '../tensor/index.js';
import { contractiveAe } from './contractiveAe.js';
import { describeData, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1, 'float32'), { size: 10 });
const x = Float64Array.from({ length: 60 }, (_, i) => Math.abs(Math.sin(i + 1)));

function run(given: Record<string, unknown>) {
  const { model, batch, scope } = build(contractiveAe, data, { latent: 5, ...given });
  const { x } = batch(5);
  const samples = x.stopGradient();
  return {
    term: toWeighted(model.objective({ x }).contraction),
    built: batchJacobian(model.encode({ x: samples }), samples)
      .square()
      .sumOverEvent(),
    scope,
  };
}

const isRandom = (term: Tensor) => topologicalOrder([term]).some(({ op }) => op === 'random');

test('every exact form gives the squared Frobenius norm of an explicitly built Jacobian, per sample', () => {
  for (const options of [
    { jacobian: 'analytic' },
    { jacobian: 'analytic', tied: true, codeActivation: 'tanh' },
    { jacobian: 'exact' },
    { jacobian: 'exact', hidden: [6], latent: 3, activation: 'tanh' },
    { jacobian: 'exact', hidden: [6], latent: 20 },
  ]) {
    const { term, built } = run(options);
    const [value, direct] = compute([term.value, built], { values: { x } });
    expect(value).toHaveLength(5);
    value.forEach((each, b) => {
      expect(each).toBeCloseTo(direct[b], 10);
    });
  }
});

test('lambda weighs it, and evaluation keeps it', () => {
  expect(run({ lambda: 0.7 }).term).toMatchObject({ weight: 0.7, role: 'penalty' });
});

test('auto takes the closed form, else few passes, else a probe', () => {
  expect(isRandom(run({}).term.value)).toBe(false);
  expect(isRandom(run({ hidden: [6] }).term.value)).toBe(false);
  expect(isRandom(run({ hidden: [6], latent: 12 }).term.value)).toBe(true);
  const large = topologicalOrder([run({ jacobian: 'exact', latent: 12 }).term.value]).length;
  expect(topologicalOrder([run({ latent: 12 }).term.value]).length).toBeLessThan(large);
});

test('the finite form comes near the exact one', () => {
  const { term, built } = run({ jacobian: 'finite', smoothing: 1e-4, hidden: [6], activation: 'tanh' });
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  const mean = Array.from(
    { length: 400 },
    (_, step) => total(compute([term.value], { values: { x }, step })[0]) / 400,
  );
  const [direct] = compute([built], { values: { x } });
  expect(Math.abs(total(mean) / total(direct) - 1)).toBeLessThan(0.1);
});

test('the penalty reaches the encoder and not the decoder', () => {
  const reached = (options: Record<string, unknown>) => {
    const { term, scope } = run(options);
    const gradients = compute(grad(term.value.mean(), scope.variables), { values: { x } });
    return scope.variables.filter((_, i) => gradients[i].some((g) => g !== 0)).map(({ name }) => name);
  };
  expect(reached({})).toEqual(['code.weight', 'code.bias']);
  expect(reached({ tied: true })).toEqual(['tied.0.weight', 'tied.0.bias']);
  expect(reached({ hidden: [6], jacobian: 'hutchinson' })).toEqual([
    'encoder.1.weight',
    'encoder.1.bias',
    'code.weight',
    'code.bias',
  ]);
});

for (const engine of engines.slice(1)) {
  test(`gradients of the penalty on ${engine.name} are those of the reference engine`, async () => {
    const pixels = describeData(pictures(6, 5, 1, 'float32'), { size: 10 });
    const feeds = { x: Float32Array.from({ length: 3 * 30 }, (_, i) => Math.abs(Math.sin(i + 1))) };
    for (const options of [
      { hidden: [] },
      { hidden: [6], jacobian: 'exact', latent: 3 },
      { hidden: [6], jacobian: 'exact', latent: 40 },
      { architecture: 'conv', channels: [4], hidden: [8], latent: 3, jacobian: 'exact' },
      { architecture: 'conv', channels: [4], hidden: [8], latent: 3, jacobian: 'hutchinson' },
    ]) {
      const { model, batch, scope } = build(contractiveAe, pixels, { latent: 5, ...options });
      const penalty = termValue(model.objective(batch(3)).contraction).mean();
      const gradients = grad(penalty, scope.variables);
      const outputs = Object.fromEntries([penalty, ...gradients].map((tensor, i) => [String(i), tensor]));
      const found = await valuesOn(engine.create(), outputs, { feeds, seed: 3 });
      const wanted = await valuesOn(engines[0].create(), outputs, { feeds, seed: 3 });
      for (const [name, values] of Object.entries(wanted)) {
        const largest = Math.max(...Array.from(values, Math.abs));
        Array.from(values).forEach((value, i) => {
          expect(Math.abs(found[name][i] - value)).toBeLessThanOrEqual(1e-5 * largest);
        });
      }
    }
  });
}

test('what has no Jacobian of its own, no closed form or no effect is refused', () => {
  const refused = (given: Record<string, unknown>) => expect(() => build(contractiveAe, data, given));
  refused({ hidden: [6], normalisation: 'batch' }).toThrow(
    'normalisation: batch makes a code depend on the other samples of its batch',
  );
  const { model, batch } = build(contractiveAe, data, { jacobian: 'analytic', hidden: [6] });
  expect(() => model.objective(batch(2))).toThrow('jacobian: analytic is for a code of one dense layer');
  refused({ smoothing: 0.1 }).toThrow(
    'smoothing: has no effect with jacobian analytic; leave it out or use finite',
  );
});
