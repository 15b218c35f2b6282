import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, runOf, toy } from '../conformance/models.js';
import { initialValues, type Values } from '../engine/index.js';
import { flatten, linear, VariableTable } from '../nn/index.js';
import { constant, input, type Tensor, zeros } from '../tensor/index.js';
import { phaseGradients, Training } from '../training/index.js';
import { expectedLossOptions, expectedLossVae, pictureVae } from './expectedLoss.js';
import { describeData, type Phase, toWeighted, vaeGan } from './index.js';
import { resting, vaeGanModel } from './vaeGan.js';

const small = { architecture: 'mlp', hidden: [6, 5], latent: 2, normalisation: 'none' };
const data = describeData(pictures(3, 4, 1), { size: 10 });
const x = Uint8Array.from({ length: 48 }, (_, i) => (i * 89) % 256);

/** Gradients and terms of each phase, by name, with some variables multiplied. */
function phases(given: Record<string, unknown> = {}, scaled: Record<string, number> = {}) {
  const { model, batch, scope, table } = build(vaeGan, data, { ...small, ...given });
  const all = model.stages?.flatMap(({ phases }) => phases) ?? [];
  const made = all.map((phase: Phase) => [phase.name, phaseGradients(phase, batch(4), scope)] as const);
  const initial = Object.fromEntries(initialValues(table.variables.values(), 1));
  const weights = Object.entries(scaled).map(([name, by]): [string, Values] => [
    name,
    initial[name].map((value) => by * value),
  ]);
  const values = { x, ...Object.fromEntries(weights) };
  return Object.fromEntries(
    made.map(([name, { gradients, terms }]) => {
      const names = Object.keys(terms);
      const roots = [...names.map((term) => toWeighted(terms[term]).value), ...gradients.values()];
      const computed = compute(roots, { values, seed: 3 });
      return [
        name,
        {
          variables: [...gradients.keys()].map((variable) => variable.name),
          terms: Object.fromEntries(names.map((term, i) => [term, computed[i]])),
          weights: Object.fromEntries(names.map((term) => [term, toWeighted(terms[term]).weight])),
          gradients: computed.slice(names.length).flat(),
        },
      ];
    }),
  );
}

const parts = (names: string[]) => [...new Set(names.map((name) => name.split('.')[0]))];
const LOGIT = 'discriminator.2.weight';

test('each phase moves its own network, and all of it', () => {
  const { encoder, decoder, discriminator } = phases();
  expect(parts(encoder.variables)).toEqual(['encoder', 'mean', 'logVar']);
  expect(parts(decoder.variables)).toEqual(['decoder']);
  expect(parts(discriminator.variables)).toEqual(['discriminator']);
  expect(discriminator.variables.length).toBe(6);
  for (const { gradients } of [encoder, decoder, discriminator])
    expect(Math.max(...gradients.map(Math.abs))).toBeGreaterThan(0);
});

test('what the discriminator says never reaches the encoder, and reaches the decoder', () => {
  // The logit's own weights take no part in the features below them.
  const [before, after] = [phases(), phases({}, { [LOGIT]: -3 })];
  expect(after.encoder.gradients).toEqual(before.encoder.gradients);
  expect(after.decoder.gradients).not.toEqual(before.decoder.gradients);
});

test('the encoder descends KL and feature distance, by finite differences', () => {
  const { model, batch, scope } = build(vaeGan, data, small);
  const encoder = model.stages?.[0].phases[0];
  if (!encoder) throw new Error('vae-gan has phases');
  const { objective, gradients } = phaseGradients(encoder, batch(4), scope);
  const [variable, gradient] = [...gradients].find(([{ name }]) => name === 'mean.weight') ?? [];
  if (!variable || !gradient) throw new Error('the encoder phase moves mean.weight');
  const start = Float64Array.from(initialValues([variable], 1).get('mean.weight') ?? []);
  const at = (shift: number) => {
    const weight = start.map((value, i) => (i === 3 ? value + shift : value));
    return compute([objective], { values: { x, 'mean.weight': weight }, seed: 3 })[0][0];
  };
  const [slopes] = compute([gradient], { values: { x }, seed: 3 });
  expect((at(1e-5) - at(-1e-5)) / 2e-5).toBeCloseTo(slopes[3], 6);
});

test('the discriminator learns from its own cost alone: γ and the adversarial weight do not reach it', () => {
  const [one, other] = [phases({ gamma: 1 }), phases({ gamma: 50, adversarialWeight: 7 })];
  expect(other.discriminator.gradients).toEqual(one.discriminator.gradients);
  expect(other.encoder.gradients).toEqual(one.encoder.gradients);
});

test('where the discriminator knows nothing, every cost is log 2', () => {
  for (const [adversarial, cost] of [
    ['nonSaturating', Math.LN2],
    ['minimax', -Math.LN2],
  ] as const) {
    const { decoder, discriminator } = phases({ adversarial }, { [LOGIT]: 0 });
    for (const value of decoder.terms.deception) expect(value).toBeCloseTo(cost, 12);
    for (const value of discriminator.terms.discrimination) expect(value).toBeCloseTo(2 * Math.LN2, 12);
  }
});

test('γ is 1 over the number of features unless it is given, and reconstructions are compared in one layer', () => {
  expect(phases().decoder.weights).toEqual({ reconstruction: 1 / 5, deception: 1 });
  expect(phases({ featureLayer: 0 }).decoder.weights.reconstruction).toBe(1 / 6);
  expect(phases({ gamma: 0.3, adversarialWeight: 2 }).decoder.weights).toEqual({
    reconstruction: 0.3,
    deception: 2,
  });
  expect(phases().decoder.terms.reconstruction).toEqual(phases().encoder.terms.reconstruction);
  expect(() => build(vaeGan, data, { ...small, featureLayer: 3 })).toThrow(
    'featureLayer: the discriminator has 3 layers; 3 is not one of -3 to 2',
  );
});

test('with the picture itself for features and no game, it is the VAE of unit variance', () => {
  const scope = new VariableTable().scope({ training: true });
  const given = expectedLossOptions.parse(small);
  const blind = (image: Tensor) => ({ features: image, logit: zeros([image.shape[0]]) });
  const game = {
    gamma: 1,
    adversarial: 'nonSaturating',
    adversarialWeight: 0,
    equilibrium: 0.68,
    margin: 'off',
  } as const;
  const batch = { x: data.toModel(input('x', [4, 3, 4, 1], 'uint8')) };
  const vae = pictureVae(data, given, scope);
  const model = vaeGanModel(vae, blind, game, scope);
  const [encoder, decoder] = (model.stages?.[0].phases ?? []).map((phase) =>
    phaseGradients(phase, batch, scope),
  );
  const halfSquares = (y: Tensor, target: Tensor) => y.sub(target).square().sumOverEvent().mul(0.5);
  const plain = expectedLossVae(vae, halfSquares, 1);
  const whole = phaseGradients({ moves: () => true, objective: plain.objective }, batch, scope);
  const all = new Map([...encoder.gradients, ...decoder.gradients]);
  expect(new Set(all.keys())).toEqual(new Set(whole.gradients.keys()));
  const values = { x };
  for (const [variable, gradient] of whole.gradients) {
    const [one, other] = compute([all.get(variable) ?? constant(0), gradient], { values, seed: 3 });
    one.forEach((value, i) => {
      expect(value, variable.name).toBeCloseTo(other[i], 10);
    });
  }
});

test('whoever is ahead rests, but never both', () => {
  const rule = { equilibrium: 0.68, margin: 0.4 };
  const at = (realCost: number, fakeCost: number) => {
    const { discriminator, decoder } = resting(constant(realCost), constant(fakeCost), rule);
    return compute([discriminator.cast('float32'), decoder.cast('float32')]).map(([value]) => value);
  };
  expect(at(0.69, 0.69)).toEqual([0, 0]);
  expect(at(0.1, 0.69)).toEqual([1, 0]);
  expect(at(0.69, 0.1)).toEqual([1, 0]);
  expect(at(0.69, 2)).toEqual([0, 1]);
  expect(at(2, 0.1)).toEqual([0, 0]);
  const conditions = (given: Record<string, unknown>) =>
    build(vaeGan, data, { ...small, ...given }).model.stages?.[0].phases.map(
      ({ when }) => when !== undefined,
    );
  expect(conditions({})).toEqual([false, true, true]);
  expect(conditions({ margin: 'off' })).toEqual([false, false, false]);
});

test('codes, reconstructions and samples are a VAE’s; tables are refused', () => {
  const { model, batch } = build(vaeGan, data, small);
  expect(model.decode(model.encode(batch(3))).shape).toEqual([3, 3, 4, 1]);
  expect(model.prior?.(7).mean.shape).toEqual([7, 2]);
  expect(Object.keys(model.objective(batch(3)))).toEqual(['reconstruction', 'kl']);
  const own = { encoder: flatten, decoder: linear(12), latent: 2 };
  expect(build(vaeGan, data, own).model.decode(input('z', [3, 2])).shape).toEqual([3, 3, 4, 1]);
  expect(() => build(vaeGan, describeData(numericTable(3), { size: 4 }))).toThrow(
    'system: this one compares pictures',
  );
});

test('no step counts as the best: a run keeps its last weights and does not stop early', async () => {
  const given = toy(pictures(8, 8, 1), new Uint8Array(64 * 64).fill(128));
  const start = (training: Record<string, unknown>) =>
    new Training(
      runOf(vaeGan, given, engines[0].create(), {
        options: { hidden: [8] },
        training: { steps: 12, batchSize: 16, evaluateEvery: 1, ...training },
      }),
    );
  const run = start({});
  const kinds: string[] = [];
  for await (const { kind } of run) kinds.push(kind);
  expect(kinds.filter((kind) => kind === 'evaluation')).toHaveLength(12);
  expect(kinds).not.toContain('best');
  expect(() => start({ patience: 1 })).toThrow(
    'patience: has no effect: vae-gan is a game, in which no step can be told to be better than another; leave it out',
  );
});
