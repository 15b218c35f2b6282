import { expect, test } from 'vitest';
import { build, compute, optionsOf, pictures, termValue } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { constant, grad, input } from '../tensor/index.js';
import { betaVae, describeData, disentangledBetaVae, type Terms, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 100 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);

const lossOf = (terms: Terms) =>
  Object.values(terms)
    .map(toWeighted)
    .map(({ value, weight }) => value.mul(weight).mean())
    .reduce((a, b) => a.add(b));

/** Terms of five samples, and the gradient of the loss by all weights, at some step of a training. */
function at(step: number, given: Record<string, unknown>) {
  const clock = { step: constant(step), totalSteps: 1000, stepsPerEpoch: 10 };
  const scope = new VariableTable().scope({ training: true, clock });
  const options = optionsOf(disentangledBetaVae, { ...small, ...given });
  const model = disentangledBetaVae.build(data, disentangledBetaVae.options.parse(options), scope);
  const terms = model.objective({ x: data.toModel(input('x', [5, 3, 4, 1], 'uint8')) });
  const [kl, capacity, ...gradients] = compute(
    [termValue(terms.kl), termValue(terms.capacity), ...grad(lossOf(terms), scope.variables)],
    { values: { x }, seed: 1 },
  );
  return { kl, capacity, gradient: gradients.flat() };
}

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;

test('the capacity is 0 at step 0, grows in a line and stays at its end', () => {
  const capacityAt = (step: number) => {
    const { kl, capacity } = at(step, { capacity: 20, capacitySteps: 200 });
    // Untrained codes hold less than any of these capacities but the first, which is 0.
    return step === 0 ? mean(kl) - capacity[0] : mean(kl) + capacity[0];
  };
  expect(capacityAt(0)).toBeCloseTo(0, 12);
  expect(capacityAt(50)).toBeCloseTo(5, 12);
  for (const step of [200, 201, 999]) expect(capacityAt(step)).toBeCloseTo(20, 12);
});

test('capacitySteps below 1 is a fraction of the run', () => {
  expect(at(100, { capacitySteps: 0.2 }).capacity).toEqual(at(100, { capacitySteps: 200 }).capacity);
});

test('evaluation stands at the end of the schedule, at any step', () => {
  const { model, batch } = build(disentangledBetaVae, data, { ...small, capacity: 20 }, { training: false });
  const roots = [termValue(model.objective(batch(5)).capacity)];
  const [atStart] = compute(roots, { values: { x }, seed: 1, step: 0 });
  expect(atStart).toEqual(at(999, { capacity: 20, capacitySteps: 200 }).capacity);
});

test('below the capacity the KL is pushed up as hard as it is pushed down above it', () => {
  const reconstruction = at(999, { gamma: 0 }).gradient;
  const up = at(999, { capacity: 1e3, capacitySteps: 1 }).gradient;
  const down = at(999, { capacity: 0, capacitySteps: 1 }).gradient;
  expect(Math.max(...down.map((value, i) => Math.abs(value - reconstruction[i])))).toBeGreaterThan(1);
  up.forEach((value, i) => {
    expect(value - reconstruction[i]).toBeCloseTo(reconstruction[i] - down[i], 9);
  });
});

test('at γ = 0 the likelihood alone is trained, as in a β-VAE at β = 0', () => {
  const { model, batch, scope } = build(betaVae, data, { ...small, beta: 0 });
  const gradients = grad(lossOf(model.objective(batch(5))), scope.variables);
  const expected = compute(gradients, { values: { x }, seed: 1 }).flat();
  at(3, { gamma: 0 }).gradient.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12);
  });
});

test('without capacity the gradient is that of a β-VAE at β = γ', () => {
  const { model, batch, scope } = build(betaVae, data, { ...small, beta: 7 });
  const gradients = grad(lossOf(model.objective(batch(5))), scope.variables);
  const expected = compute(gradients, { values: { x }, seed: 1 }).flat();
  at(999, { gamma: 7, capacity: 0 }).gradient.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 11);
  });
});

test('the mean over samples of |KL − C| is never less than |mean KL − C|', () => {
  for (const capacity of [0, 0.05, 0.1, 0.2, 1, 5]) {
    const given = { capacity, capacitySteps: 1 };
    const whole = at(10, given);
    const single = at(10, { ...given, perSample: true });
    expect(single.capacity).toHaveLength(5);
    whole.kl.forEach((value, b) => {
      expect(single.capacity[b]).toBeCloseTo(Math.abs(value - capacity), 12);
    });
    expect(mean(single.capacity)).toBeGreaterThanOrEqual(whole.capacity[0] - 1e-12);
  }
});

test('the KL is reported and scored, and paid for by the distance alone', () => {
  const { model, batch } = build(disentangledBetaVae, data, { ...small, gamma: 7 });
  const { reconstruction, kl, capacity } = model.objective(batch(5));
  expect(toWeighted(reconstruction)).toMatchObject({ weight: 1, role: 'bound' });
  expect(toWeighted(kl)).toMatchObject({ weight: 0, role: 'bound' });
  expect(toWeighted(capacity)).toMatchObject({ weight: 7, role: 'penalty' });
  expect(toWeighted(capacity).value.shape).toEqual([]);
});

test('a batch too small for a mean KL is refused, unless every sample has its own', () => {
  const run = { batchSize: 15, isLengthGiven: false };
  const given = (perSample: boolean) => ({
    options: disentangledBetaVae.options.parse({ perSample }),
    data,
    run,
  });
  expect(() => disentangledBetaVae.require?.(given(false))).toThrow(
    'batchSize: disentangled-beta-vae compares the batch’s mean KL with the capacity and needs 16 samples or more; 15 were asked for',
  );
  expect(() => disentangledBetaVae.require?.(given(true))).not.toThrow();
});
