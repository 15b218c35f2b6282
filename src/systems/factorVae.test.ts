import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, optionsOf, pictures, termValue } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { type Layer, linear, VariableTable } from '../nn/index.js';
import { concat, input, Program, randomNormal, type Tensor } from '../tensor/index.js';
import { phaseGradients } from '../training/index.js';
import { optimizerStep } from '../training/optimizers.js';
import { type Batch, describeData, factorVae, type Model, type Phase, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 100 });
const small = { architecture: 'mlp', hidden: [6], latent: 3, discriminator: [8, 8] };
const levels = (count: number, by = 89) => Uint8Array.from({ length: count * 12 }, (_, i) => (i * by) % 256);
const values = { x: levels(6), other: levels(6, 53) };

function phasesOf({ stages }: Model): [vae: Phase, critic: Phase] {
  const [vae, critic] = stages?.[0].phases ?? [];
  if (!vae || !critic) throw new Error('factor-vae: there are two phases');
  return [vae, critic];
}

/** Six samples and six others. */
const withSecond = (batch: Batch): Batch => ({
  ...batch,
  second: { x: data.toModel(input('other', [6, 3, 4, 1], 'uint8')) },
});

const isZero = (list: readonly number[]) => list.every((value) => value === 0);

test('each phase moves its own variables: the discriminator’s, and all others', () => {
  const { model, batch, scope } = build(factorVae, data, small);
  const [vae, critic] = phasesOf(model);
  const moved = (phase: Phase) => [...phaseGradients(phase, withSecond(batch(6)), scope).gradients.keys()];
  const [ofVae, ofCritic] = [moved(vae), moved(critic)].map((list) => list.map(({ name }) => name));
  expect(new Set(ofVae.map((name) => name.split('.')[0]))).toEqual(
    new Set(['encoder', 'mean', 'logVar', 'decoder']),
  );
  expect(new Set(ofCritic.map((name) => name.split('.')[0]))).toEqual(new Set(['discriminator']));
  expect(ofVae.length + ofCritic.length).toBe(scope.variables.length);
});

test('the discriminator’s loss has no gradient in encoder or decoder', () => {
  const { model, batch, scope } = build(factorVae, data, small);
  const [, critic] = phasesOf(model);
  const { gradients } = phaseGradients({ ...critic, moves: () => true }, withSecond(batch(6)), scope);
  const slopes = compute([...gradients.values()], { values, seed: 1 });
  [...gradients.keys()].forEach(({ name }, i) => {
    expect(isZero(slopes[i]), name).toBe(!name.startsWith('discriminator.'));
  });
});

test('the total correlation reaches the encoder through the discriminator, and no decoder', () => {
  const { model, batch, scope } = build(factorVae, data, small);
  const { totalCorrelation } = model.objective(batch(6));
  const objective = () => ({ totalCorrelation });
  const { gradients } = phaseGradients({ moves: () => true, objective }, batch(6), scope);
  const slopes = compute([...gradients.values()], { values, seed: 1 });
  const reached = [...gradients.keys()]
    .filter((_, i) => !isZero(slopes[i]))
    .map(({ name }) => name.split('.')[0]);
  expect(new Set(reached)).toEqual(new Set(['encoder', 'mean', 'logVar', 'discriminator']));
});

test('at γ = 0 the discriminator still learns', () => {
  const { model, batch, scope } = build(factorVae, data, { ...small, gamma: 0 });
  const [, critic] = phasesOf(model);
  const { gradients } = phaseGradients(critic, withSecond(batch(6)), scope);
  for (const slope of compute([...gradients.values()], { values, seed: 1 }))
    expect(isZero(slope)).toBe(false);
});

test('a discriminator that knows nothing pays log 2 and sees no total correlation', () => {
  const { model, batch, scope } = build(factorVae, data, small);
  const [, critic] = phasesOf(model);
  const roots = [
    termValue(critic.objective(withSecond(batch(6))).classification),
    termValue(model.objective(batch(6)).totalCorrelation),
  ];
  const last = scope.variables.filter(({ name }) => name.startsWith('discriminator.5.'));
  expect(last).toHaveLength(2);
  const blank = Object.fromEntries(last.map(({ name, size }) => [name, new Float64Array(size)]));
  const [classification, correlation] = compute(roots, { values: { ...values, ...blank }, seed: 1 });
  for (const paid of classification) expect(paid).toBeCloseTo(Math.LN2, 12);
  for (const value of correlation) expect(value).toBe(0);
});

test('the permuted codes are those of the second batch, or of the first one’s other half', () => {
  const paid = (secondBatch: boolean, given: Record<string, Uint8Array>) => {
    const { model, batch } = build(factorVae, data, { ...small, secondBatch });
    expect(model.secondBatch).toBe(secondBatch);
    const [, critic] = phasesOf(model);
    const { classification } = critic.objective(secondBatch ? withSecond(batch(6)) : batch(6));
    return compute([termValue(classification)], { values: { ...values, ...given }, seed: 1 })[0];
  };
  expect(paid(true, {})).toHaveLength(6);
  expect(paid(true, { other: levels(6, 31) })).not.toEqual(paid(true, {}));
  expect(paid(false, {})).toHaveLength(3);
  const otherHalf = Uint8Array.from([...levels(6).subarray(0, 36), ...levels(3, 31)]);
  expect(paid(false, { x: otherHalf })).not.toEqual(paid(false, {}));
});

test('the vae’s phase and the discriminator’s share the draw of the first batch', () => {
  const { model, batch } = build(factorVae, data, small);
  const [vae, critic] = phasesOf(model);
  const both = withSecond(batch(6));
  const outputs = {
    correlation: termValue(vae.objective(both).totalCorrelation),
    classification: termValue(critic.objective(both).classification),
  };
  const streams = new Program({ outputs }).random.map(({ attributes }) => attributes.stream);
  expect(streams.sort()).toEqual(['permutation', 'posterior', 'second posterior']);
});

test('of codes with correlation 0.8, the trained discriminator says ½ log 1/(1 − 0.8²) nats', async () => {
  const rho = 0.8;
  const rows = 512;
  /** Pairs of standard normal numbers with that correlation. */
  const correlated = (stream: string, count = rows): Tensor => {
    const noise = randomNormal(stream, [count, 2]);
    const [a, b] = [noise.sliceAlong(1, 0, 1), noise.sliceAlong(1, 1, 2)];
    return concat([a, a.mul(rho).add(b.mul(Math.sqrt(1 - rho ** 2)))]);
  };
  const identity: Layer = () => (x) => x;
  const table = describeData(numericTable(2), { size: 1000 });
  const scope = new VariableTable().scope({ training: true });
  const given = { encoder: identity, decoder: linear(2), latent: 2, discriminator: [32, 32], logVarBound: 0 };
  const options = factorVae.options.parse(optionsOf(factorVae, given));
  const model = factorVae.build(table, options, scope);
  const [, critic] = phasesOf(model);
  const { gradients, objective } = phaseGradients(
    critic,
    { x: correlated('x'), second: { x: correlated('second x') } },
    scope,
  );
  const learningRate = input('learningRate', []);
  const { moved, remembered } = optimizerStep(
    gradients,
    { learningRate },
    {
      optimizer: 'adam',
      momentum: 0,
      weightDecay: 0,
    },
  );
  const updates = new Map([...moved, ...remembered]);
  const step = new Program({ outputs: { objective }, updates });
  const estimate = termValue(model.objective({ x: correlated('x', 20_000) }).totalCorrelation).mean();
  const measure = new Program({ outputs: { estimate } });

  const engine = engines[engines.length - 1].create();
  const [training, measuring] = [await engine.compile(step), await engine.compile(measure)];
  const variables = new Map([...step.variables, ...measure.variables]);
  await engine.variables.write(initialValues(variables.values(), 1));
  // The codes are the data themselves: z = x, with hardly any noise.
  await engine.variables.write(
    new Map([
      ['mean.weight', Float32Array.of(1, 0, 0, 1)],
      ['mean.bias', new Float32Array(2)],
      ['logVar.weight', new Float32Array(4)],
      ['logVar.bias', new Float32Array(2).fill(-20)],
    ]),
  );
  const steps = 600;
  for (let i = 0; i < steps; i++) {
    await training.run({ learningRate: Float32Array.of(0.01 * (1 - i / steps)) }, { seed: 1, firstStep: i });
  }
  const [found] = (await measuring.run({}, { seed: 2 })).estimate;
  const exact = -0.5 * Math.log(1 - rho ** 2);
  expect(exact).toBeCloseTo(0.5108, 4);
  expect(Math.abs(found / exact - 1)).toBeLessThan(0.05);
});

test('terms of the vae’s phase: γ weighs a penalty, the bound is as it was', () => {
  const { model, batch } = build(factorVae, data, { ...small, gamma: 7 });
  const terms = Object.entries(model.objective(batch(6))).map(([name, term]) => {
    const { weight, role } = toWeighted(term);
    return [name, weight, role];
  });
  expect(terms).toEqual([
    ['reconstruction', 1, 'bound'],
    ['kl', 1, 'bound'],
    ['totalCorrelation', 7, 'penalty'],
  ]);
});

test('a batch that cannot be permuted is refused', () => {
  const run = { batchSize: 3, isLengthGiven: false };
  const given = (secondBatch: boolean) => ({ options: factorVae.options.parse({ secondBatch }), data, run });
  expect(() => factorVae.require?.(given(true))).not.toThrow();
  expect(() => factorVae.require?.(given(false))).toThrow(
    'batchSize: factor-vae permutes codes over the batch and needs 4 samples or more; 3 were asked for',
  );
});
