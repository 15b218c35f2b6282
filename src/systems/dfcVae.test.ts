import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, pictures, runOf, termValue, toy } from '../conformance/models.js';
import { filled, VariableTable } from '../nn/index.js';
import { grad, input, type Tensor, Variable } from '../tensor/index.js';
import { phaseGradients, Training } from '../training/index.js';
import { featureDistance } from './dfcVae.js';
import { describeData, dfcVae } from './index.js';

const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const data = describeData(pictures(6, 6, 1), { size: 10 });
const x = Uint8Array.from({ length: 144 }, (_, i) => (i * 89) % 256);

const phasesOf = ({ model }: ReturnType<typeof build>) => model.stages?.flatMap(({ phases }) => phases) ?? [];

test('with the picture itself for features the distance is ½ of the mean squared error', () => {
  const [a, b] = [input('a', [2, 6]), input('b', [2, 6])];
  const values = {
    a: Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    b: Float64Array.from({ length: 12 }, (_, i) => Math.cos(i)),
  };
  const [distance] = compute([featureDistance((t: Tensor) => [t])(a, b)], { values });
  distance.forEach((value, i) => {
    const errors = [0, 1, 2, 3, 4, 5].map((j) => (values.a[6 * i + j] - values.b[6 * i + j]) ** 2);
    expect(value).toBeCloseTo(errors.reduce((sum, error) => sum + error) / 12, 12);
  });
});

test('a perfect reconstruction costs nothing and is pulled nowhere', () => {
  const y = new Variable('y', [2, 36], filled(0.3));
  const target = input('t', [2, 36]);
  const compare = featureDistance((t) => [t.square(), t.mul(3).relu()]);
  const values = {
    y: Float64Array.from({ length: 72 }, (_, i) => Math.sin(i)),
    t: Float64Array.from({ length: 72 }, (_, i) => Math.sin(i)),
  };
  const cost = compare(y, target);
  const [costs, gradient] = compute([cost, ...grad(cost.sum(), [y])], { values });
  expect(costs).toEqual([0, 0]);
  for (const value of gradient) expect(Math.abs(value)).toBe(0);
});

test('the first stage moves the feature network only, the second everything else', () => {
  for (const classes of [0, 3]) {
    const built = build(dfcVae, describeData(pictures(6, 6, 1), { size: 10, classes }), small);
    const labels = Int32Array.of(0, 1, 2, 0);
    const [first, second] = phasesOf(built).map((phase) =>
      phaseGradients(phase, built.batch(4), built.scope),
    );
    const names = (gradients: ReadonlyMap<Variable, Tensor>) =>
      new Set([...gradients.keys()].map(({ name }) => name.split('.')[0]));
    expect(names(first.gradients)).toEqual(new Set(['features']));
    expect(names(second.gradients)).toEqual(new Set(['encoder', 'mean', 'logVar', 'decoder']));
    expect(Object.keys(first.terms)).toEqual(classes ? ['classification'] : ['turns', 'instances']);
    const all = [...first.gradients, ...second.gradients];
    const values = compute(
      all.map(([, gradient]) => gradient),
      { values: { x, labels }, seed: 2 },
    );
    for (const [i, gradient] of values.entries())
      expect(Math.max(...gradient.map(Math.abs)), all[i][0].name).toBeGreaterThan(0);
    const updated = [first, second].map(({ updates }) => [...updates.keys()].map(({ name }) => name));
    expect(updated).toEqual([[], ['featureScale.means', 'featureScale.batches']]);
  }
});

test('a sample’s cost does not depend on its neighbours, unless layers are measured on the batch', () => {
  const changed = x.map((level, i) => (i < 36 ? 255 - level : level));
  const [before, after] = [x, changed].map((values) => {
    const { model, batch } = build(dfcVae, data, { ...small, normalise: false });
    return compute([termValue(model.objective(batch(4)).reconstruction)], { values: { x: values } })[0];
  });
  expect(after[0]).not.toBe(before[0]);
  expect(after.slice(1)).toEqual(before.slice(1));
});

test('normalised layers cost about 1 each, by their mean over the first 100 batches', () => {
  const a = input('a', [2, 3]);
  const table = new VariableTable();
  const at = (training: boolean) => {
    const scope = table.scope({ training });
    const cost = featureDistance((t) => [t, t.mul(1000)], scope)(a, a.mul(0));
    return { cost, updates: scope.updates };
  };
  const values = { a: Float64Array.of(1, 2, 3, 4, 5, 6) };
  const { cost, updates } = at(true);
  const [means, batches] = [...updates.values()];
  const [costs, moved, count] = compute([cost, means, batches], { values });
  // Both layers have the same errors in their own units: 14/6 and 77/6, mean 91/12.
  expect(costs[0]).toBeCloseTo((2 * 14 * 12) / (6 * 91), 12);
  expect(costs[0] + costs[1]).toBeCloseTo(4, 12);
  expect(moved[0]).toBeCloseTo(91 / 12, 10);
  expect(moved[1]).toBeCloseTo(91e6 / 12, 3);
  expect(count).toEqual([1]);
  const later = (batchesBefore: number) =>
    compute([means, batches], {
      values: { ...values, means: Float64Array.of(1, 1), batches: Float64Array.of(batchesBefore) },
    });
  expect(later(3)[0][0]).toBeCloseTo(1 + (91 / 12 - 1) / 4, 10);
  expect(later(100)).toEqual([[1, 1], [100]]);
  const evaluated = at(false);
  expect(evaluated.updates.size).toBe(0);
  const [plain] = compute([evaluated.cost], { values: { ...values, means: Float64Array.of(2, 1e6) } });
  expect(plain[0]).toBeCloseTo(14 / 12 + 14 / 6, 10);
});

test('weights are what they say, and pixels count where they are asked for', () => {
  const given = { ...small, featureWeight: 5, klWeight: 3, pixelWeight: 0.5 };
  const { model, batch } = build(dfcVae, data, given);
  const terms = model.objective(batch(4));
  expect(Object.keys(terms)).toEqual(['reconstruction', 'kl', 'pixels']);
  expect(terms).toMatchObject({ kl: { weight: 3 }, pixels: { weight: 0.5, role: 'penalty' } });
  const one = build(dfcVae, data, { ...small, featureWeight: 1 });
  const [five, single] = compute(
    [terms, one.model.objective(one.batch(4))].map(({ reconstruction }) => termValue(reconstruction)),
    { values: { x }, seed: 1 },
  );
  five.forEach((value, b) => {
    expect(value).toBeCloseTo(5 * single[b], 10);
  });
  // 36 pixels over 3 levels.
  const usual = build(dfcVae, data, small);
  const { reconstruction } = usual.model.objective(usual.batch(4));
  compute([termValue(reconstruction)], { values: { x }, seed: 1 })[0].forEach((value, b) => {
    expect(value).toBeCloseTo(12 * single[b], 10);
  });
});

test('layers that are left out do not compare', () => {
  const costOf = (layers: string[]) => {
    const { model, batch } = build(dfcVae, data, { ...small, layers, featureWeight: 1, normalise: false });
    return compute([termValue(model.objective(batch(4)).reconstruction)], { values: { x }, seed: 1 })[0];
  };
  const each = ['level1', 'level2', 'level3'].map((level) => costOf([level]));
  costOf(['level1', 'level2', 'level3']).forEach((value, b) => {
    expect(value).toBeCloseTo(each[0][b] + each[1][b] + each[2][b], 10);
  });
});

test('the feature network is bit for bit the same however long the VAE is trained after it', async () => {
  const toyData = toy(pictures(6, 6, 1), x);
  const engine = engines[1];
  const weightsAfter = async (steps: number) => {
    const training = { batchSize: 4, steps, patience: 0 };
    const options = { ...small, featureLength: 2 };
    const definition = runOf(dfcVae, toyData, engine.create(), { options, training });
    const run = new Training(definition);
    for await (const event of run) expect(event).toBeDefined();
    const names = [...run.model.runner.table.variables.keys()];
    return definition.engine.variables.read(names.filter((name) => /^(features|decoder)\./.test(name)));
  };
  const [two, five] = [await weightsAfter(3), await weightsAfter(6)];
  expect([...two.keys()].some((name) => name.startsWith('features.level3'))).toBe(true);
  for (const [name, values] of two) {
    if (name.startsWith('features.')) expect(five.get(name), name).toEqual(values);
    else expect(five.get(name), name).not.toEqual(values);
  }
});
