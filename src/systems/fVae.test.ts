import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, termValue, valuesOn } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { DiagonalNormal, FlowPosterior, multiScale } from '../probability/index.js';
import { grad, input, sizeOf, type Tensor } from '../tensor/index.js';
import { flowBound, fVae } from './fVae.js';
import { describeData } from './index.js';

// In a browser and in TypeScript, preparing these graphs takes seconds; other tests cover their operations there.
const quickEngines = engines.filter(({ name }) => !/web|TypeScript|baseline|1 thread/.test(name));
const picture = describeData(pictures(4, 8, 1), { size: 10 });
const row = describeData(numericTable(5), { size: 10 });
const kinds: [string, typeof picture, Record<string, unknown>][] = [
  ['paper', picture, { flow: 'paper', flowSteps: 2, couplingChannels: 6 }],
  ['general', picture, { flow: 'general', architecture: 'mlp', hidden: [6], latent: 3, flowSteps: 2 }],
  ['general', row, { flow: 'general', hidden: [6], latent: 4, flowSteps: 1 }],
];
const wave = (count: number, phase = 0) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(1 + phase + 1.7 * i));
const samples = ({ spec, shape }: typeof picture, count: number) =>
  spec.kind === 'image'
    ? Uint8Array.from({ length: count * sizeOf(shape) }, (_, i) => (i * 89) % 256)
    : wave(count * sizeOf(shape));

/** A model with weights away from where they start. */
function moved(data: typeof picture, options: Record<string, unknown>, training = true) {
  const built = build(fVae, data, options, { training });
  const weights = () => {
    const changed = built.scope.variables.filter(({ trainable }) => trainable);
    return Object.fromEntries(
      changed.map(({ name, shape }, i) => [name, wave(sizeOf(shape), i).map((v) => 0.3 * v)]),
    );
  };
  return { ...built, weights };
}

test.each(kinds)('the KL term of %s is log q(z|x) − log p(z) by the inverted flow', (_, data, options) => {
  const { model, batch, weights } = moved(data, options, false);
  const x = batch(3);
  const { kl } = model.objective(x);
  const q = model.posterior?.(x);
  const p = model.prior?.(3);
  if (!q || !p?.logProb) throw new Error('posterior and prior have densities');
  const z = q.sample();
  const ratio = q.logProb(z).sub(p.logProb(z));
  const [along, inverted] = compute([termValue(kl), ratio], {
    values: { ...weights(), x: samples(data, 3) },
  });
  along.forEach((value, i) => {
    expect(inverted[i]).toBeCloseTo(value, 8);
  });
});

test.each(kinds)(
  'in evaluation, decoding what %s encodes is decoding the middle of its posterior',
  (_, data, options) => {
    const { model, batch, weights } = moved(data, options, false);
    const x = batch(2);
    const code = model.encode(x);
    expect(code.shape).toEqual([2, ...model.codeShape]);
    const decoded = model.decode(code);
    expect(decoded.shape).toEqual(x.x.shape);
    // Codes survive decoding and F again: with draws in front, each is decoded as alone.
    const twice = model.likelihood?.(code.broadcastTo([3, ...code.shape])).mean.slice([[1, 2]]);
    if (!twice) throw new Error('there is a likelihood');
    const [alone, among] = compute([decoded, twice], { values: { ...weights(), x: samples(data, 2) } });
    alone.forEach((value, i) => {
      expect(among[i]).toBeCloseTo(value, 8);
    });
  },
);

test('with E and G the identity and σ₁ = σ₂, the loss is the NLL of x + σu under the flow', () => {
  const sigma = 0.3;
  const shape = [2, 2, 3];
  const scope = new VariableTable().scope({ training: false });
  const flow = multiScale({ shape, levels: 2, steps: 2, hidden: 4 })(scope);
  const logVar = input('logVar', []);
  const normal = (mean: Tensor) => new DiagonalNormal({ mean, logVar });
  const x = input('x', [3, ...shape]);
  const posterior = () => new FlowPosterior({ base: normal(x), flow });
  const terms = flowBound({ latent: 12, posterior, reconstruct: ({ y }) => normal(y) }, x);
  const loss = Object.values(terms)
    .map(termValue)
    .reduce((a, b) => a.add(b));
  const noisy = normal(x).rsample();
  const { z, logDet } = flow.forward(noisy);
  const nll = DiagonalNormal.standard([3, 12]).nll(z).sub(logDet);
  const weights = scope.variables.filter(({ trainable }) => trainable);
  const changed = weights.map(({ name, shape }, i) => [name, wave(sizeOf(shape), i).map((v) => 0.3 * v)]);
  const values = {
    ...Object.fromEntries(changed),
    x: wave(36),
    logVar: Float64Array.of(2 * Math.log(sigma)),
  };
  const [given, expected] = compute([loss, nll], { values });
  given.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 10);
  });
});

test.each(kinds)('gradients of the loss of %s reach every weight', (_, data, options) => {
  const { model, batch, scope, weights } = moved(data, options);
  const loss = Object.values(model.objective(batch(4)))
    .map((term) => termValue(term).mean())
    .reduce((a, b) => a.add(b));
  const trainable = scope.variables.filter((variable) => variable.trainable);
  const gradients = compute(grad(loss, trainable), { values: { ...weights(), x: samples(data, 4) } });
  const unreached = trainable.filter((__, i) => gradients[i].every((g) => g === 0)).map(({ name }) => name);
  expect(unreached).toEqual([]);
});

test('new samples come from codes at the temperature, and densities from the prior itself', () => {
  const { model } = build(fVae, row, { flow: 'general', latent: 4, temperature: 0.5 });
  const prior = model.prior?.(1000);
  if (!prior?.logProb) throw new Error('there is a density');
  const z = prior.sample();
  const [codes, logProbs] = compute([z, prior.logProb(z)]);
  const variance = codes.reduce((sum, value) => sum + value ** 2, 0) / codes.length;
  expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(4 * Math.sqrt(2 / codes.length));
  expect(logProbs[0]).toBeCloseTo(
    codes.slice(0, 4).reduce((sum, value) => sum - 0.5 * (Math.log(2 * Math.PI) + value ** 2), 0),
    10,
  );
});

test('what a flow cannot take is refused', () => {
  const problem = (data: typeof picture, options: Record<string, unknown>) => () =>
    build(fVae, data, options);
  expect(problem(row, {})).toThrow('flow: paper is for pictures; use general for tables');
  expect(problem(describeData(pictures(6, 8, 1), { size: 10 }), {})).toThrow(
    'levels: 2 levels need sides that 4 divides, and pictures are 6×8; resize them, take fewer levels (2 or more) or use flow general',
  );
  expect(problem(picture, { hidden: [5] })).toThrow(
    'hidden: has no effect with flow paper; leave it out or use flow general',
  );
  expect(problem(picture, { likelihood: 'bernoulli' })).toThrow(
    'likelihood: flow paper explains pictures by a gaussian; use flow general',
  );
  expect(problem(picture, { sigma: 'perDim' })).toThrow(
    'sigma: flow paper has one σ for all pixels; use fixed, shared or optimal',
  );
  expect(problem(picture, { flow: 'general', levels: 3 })).toThrow(
    'levels: has no effect with flow general; leave it out or use flow paper',
  );
  expect(problem(row, { flow: 'general', latent: 1 })).toThrow(
    'latent: a coupling needs two numbers or more to move one by the other; ask for 2',
  );
});

test.each(quickEngines)('terms and gradients are those of float64 to 1e-5 on $name', async ({ create }) => {
  const { model, batch, scope } = build(fVae, picture, { flowSteps: 1, couplingChannels: 4 });
  const { reconstruction, kl } = model.objective(batch(4));
  const loss = termValue(reconstruction).add(termValue(kl)).mean();
  const trainable = scope.variables.filter((variable) => variable.trainable);
  const outputs: Record<string, Tensor> = { loss, kl: termValue(kl) };
  grad(loss, trainable).forEach((g, i) => {
    outputs[`g${i}`] = g;
  });
  const given = await valuesOn(create(), outputs, { feeds: { x: samples(picture, 4) }, seed: 1 });
  const exact = compute(Object.values(outputs), { values: { x: samples(picture, 4) }, seed: 1 });
  Object.keys(outputs).forEach((name, i) => {
    const scale = Math.max(1, ...exact[i].map(Math.abs));
    exact[i].forEach((value, j) => {
      expect(Math.abs(given[name][j] - value), name).toBeLessThan(1e-5 * scale);
    });
  });
});
