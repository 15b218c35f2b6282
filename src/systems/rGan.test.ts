import { expect, test } from 'vitest';
import { build, compute, numericTable } from '../conformance/models.js';
import type { SampleSpec } from '../data/index.js';
import { initialValues, type Values } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { phaseGradients } from '../training/index.js';
import { describeData, rGan, toWeighted } from './index.js';

const POINTS = 9;
const spec: SampleSpec = { kind: 'points', shape: [POINTS, 3], dtype: 'float32' };
const data = describeData(spec, { size: 10 });
const small = { features: [6, 5], discriminator: [4], hidden: [7], latent: 3 };
const x = new RandomStream(1, 'clouds').normal(new Float32Array(4 * POINTS * 3));

/** Terms and gradients of each phase, with some variables multiplied. */
function phases(given: Record<string, unknown> = {}, scaled: Record<string, number> = {}) {
  const { model, batch, scope, table } = build(rGan, data, { ...small, ...given });
  const made = (model.stages ?? []).flatMap((stage) =>
    stage.phases.map((phase) => ({ phase, ...phaseGradients(phase, batch(4), scope) })),
  );
  const initial = Object.fromEntries(initialValues(table.variables.values(), 1));
  const weights = Object.entries(scaled).map(([name, by]): [string, Values] => [
    name,
    initial[name].map((value) => by * value),
  ]);
  return made.map(({ phase, terms, gradients }) => {
    const names = Object.keys(terms);
    const roots = [...names.map((name) => toWeighted(terms[name]).value), ...gradients.values()];
    const computed = compute(roots, { values: { x, ...Object.fromEntries(weights) }, seed: 3 });
    return {
      phase,
      moved: [...gradients.keys()].map(({ name }) => name),
      terms: Object.fromEntries(names.map((name, i) => [name, computed[i]])),
      gradients: computed.slice(names.length),
    };
  });
}

const LOGIT = 'discriminator.cloud.3.weight';
const LOGIT_BIAS = 'discriminator.cloud.3.bias';

test.each(['nonSaturating', 'wasserstein'])(
  '%s: each side moves its own network, and all of it',
  (adversarial) => {
    const [discriminator, generator] = phases({ adversarial });
    for (const [side, name] of [
      [discriminator, 'discriminator'],
      [generator, 'generator'],
    ] as const) {
      expect(side.moved.every((path) => path.startsWith(`${name}.`))).toBe(true);
      expect(side.gradients.every((values) => values.every(Number.isFinite))).toBe(true);
      expect(side.gradients.some((values) => values.some((value) => value !== 0))).toBe(true);
    }
  },
);

test('where the discriminator knows nothing, every cost is log 2', () => {
  const zero = { [LOGIT]: 0, [LOGIT_BIAS]: 0 };
  for (const { terms } of phases({}, zero))
    for (const values of Object.values(terms))
      for (const value of values) expect(value).toBeCloseTo(Math.LN2, 12);
});

test('the discriminator does not see in which order the points are', () => {
  const { model, batch } = build(rGan, data, small);
  const cost = toWeighted(model.objective(batch(4)).realCost).value;
  const turned = x.map((_, i) => {
    const [cloud, point, k] = [Math.floor(i / (3 * POINTS)), Math.floor(i / 3) % POINTS, i % 3];
    return x[(cloud * POINTS + ((2 * point + 1) % POINTS)) * 3 + k];
  });
  expect(compute([cost], { values: { x: turned } })).toEqual(compute([cost], { values: { x } }));
});

test('with the Wasserstein distance the critic’s costs are its values, and the generator moves every fifth step', () => {
  const [critic, generator] = phases({ adversarial: 'wasserstein' }, { [LOGIT]: 0 });
  // A critic without a slope.
  for (const value of critic.terms.slope) expect(value).toBeCloseTo(1, 5);
  expect(critic.terms.realCost).toEqual(critic.terms.fakeCost.map((value) => -value));
  expect(generator.phase.every).toBe(5);
  expect(phases({ adversarial: 'wasserstein', criticSteps: 2 })[1].phase.every).toBe(2);
  expect(phases()[1].phase.every).toBeUndefined();
});

test('noise has the deviation that was asked for, and there is no encoder', () => {
  const { model, batch } = build(rGan, data, { ...small, noise: 0.5 });
  const draws = model.prior?.(4000).sample({ stream: 'prior' });
  if (!draws) throw new Error('r-gan has a prior');
  const [values] = compute([draws]);
  const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  // Four standard errors of 12 000 squares.
  expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(4 * Math.sqrt(2 / 12_000));
  expect(model.decode(draws).shape).toEqual([4000, POINTS, 3]);
  expect(() => model.encode(batch(4))).toThrow('system: r-gan only makes new samples; it has no encoder');
});

test('options of the other game are refused, and so is what is no cloud', () => {
  for (const name of ['gradientPenalty', 'criticSteps'])
    expect(() => build(rGan, data, { ...small, [name]: 3 })).toThrow(
      `${name}: has no effect with adversarial nonSaturating; leave it out`,
    );
  expect(() => build(rGan, describeData(numericTable(3), { size: 4 }))).toThrow(
    'system: r-gan takes clouds of points, but the data are tables',
  );
});
