import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, runOf, termValue, toy } from '../conformance/models.js';
import { type Layer, linear } from '../nn/index.js';
import { Training } from '../training/index.js';
import { ae } from './ae.js';
import { dae } from './dae.js';
import { describeData } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 10 });
const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const levels = Uint8Array.from({ length: 60 }, (_, i) => 1 + ((i * 89) % 254));
const clean = Array.from(levels, (level) => level / 255);
/** A spoilt entry is 0 or 1 and no clean one is. */
const isClean = (value: number, i: number) => Math.abs(value - clean[i]) < 1e-9;
const identity: Layer = () => (t) => t;

/** The loss of five samples, and what it is made of. */
function run(options: Record<string, unknown>, step = 0) {
  const { model, batch } = build(dae, data, { ...small, ...options });
  const { reconstruction, ...others } = model.objective(batch(5));
  expect(others).toEqual({});
  const spoilt = model.corrupt?.(batch(5));
  if (!spoilt) throw new Error('dae shows no corrupted samples');
  const restored = model.decode(model.encode({ x: spoilt }));
  const [loss, x, y] = compute([termValue(reconstruction), spoilt, restored], {
    values: { x: levels },
    seed: 4,
    step,
  });
  return { loss, x, y };
}

/** Per sample, Σ of `of` over its entries. */
const perSample = (of: (i: number) => number) =>
  Array.from({ length: 5 }, (_, b) =>
    Array.from({ length: 12 }, (_, i) => of(12 * b + i)).reduce((a, v) => a + v),
  );

test('the loss compares what was restored from the spoilt sample with the clean one', () => {
  for (const options of [{}, { noise: 'gaussian', level: 0.3 }, { noise: 'saltAndPepper' }]) {
    const { loss, x, y } = run(options);
    expect(x).not.toEqual(clean);
    const expected = perSample((i) => (clean[i] - y[i]) ** 2);
    loss.forEach((value, b) => {
      expect(value).toBeCloseTo(expected[b], 9);
    });
  }
});

test('the emphasis weighs spoilt entries and the others', () => {
  const { loss, x, y } = run({ emphasis: [2, 0.5], level: 0.4 });
  const expected = perSample((i) => (isClean(x[i], i) ? 0.5 : 2) * (clean[i] - y[i]) ** 2);
  loss.forEach((value, b) => {
    expect(value).toBeCloseTo(expected[b], 9);
  });
});

test('with full emphasis only spoilt entries cost anything', () => {
  const { loss, x, y } = run({ emphasis: [1, 0], noise: 'saltAndPepper' });
  const expected = perSample((i) => (isClean(x[i], i) ? 0 : (clean[i] - y[i]) ** 2));
  loss.forEach((value, b) => {
    expect(value).toBeCloseTo(expected[b], 9);
  });
});

test('the noise is another one at every step', () => {
  expect(run({}, 0).x).not.toEqual(run({}, 1).x);
});

test('codes are those of clean samples', () => {
  const [denoising, plain] = [dae, ae].map((system) => {
    const { model, batch } = build(system, data, small);
    return compute([model.encode(batch(5))], { values: { x: levels } })[0];
  });
  expect(denoising).toEqual(plain);
});

test('emphasis has no meaning where noise reaches every entry', () => {
  expect(() => build(dae, data, { ...small, noise: 'gaussian', emphasis: [1, 0] })).toThrow(
    'emphasis: has no effect with gaussian noise, which reaches every entry',
  );
});

test('a linear denoiser without a bottleneck comes to be the Wiener filter Σ(Σ + σ²I)⁻¹', async () => {
  // All sign combinations of (2, 1, ½): covariance exactly diag(4, 1, ¼), so that σ = 1 gives 0.8, 0.5 and 0.2.
  const corners = Array.from({ length: 8 }, (_, i) => [2, 1, 0.5].map((s, j) => (i & (1 << j) ? s : -s)));
  const given = toy(numericTable(3), corners.flat());
  const definition = runOf(dae, { ...given, data: { ...given.data, size: 512 } }, engines[1].create(), {
    options: { encoder: identity, decoder: linear(3), latent: 3, noise: 'gaussian', level: 1 },
    training: { steps: 1500, batchSize: 512, learningRate: 0.03, schedule: 'cosine', averageWeights: 0.99 },
  });
  await new Training({ ...definition, validation: undefined }).finish();
  const read = async (name: string) =>
    Array.from((await definition.engine.variables.read([name])).get(name) ?? []);
  const [encoder, decoder] = [await read('code.weight'), await read('decoder.weight')];
  const map = (i: number, j: number) =>
    [0, 1, 2].reduce((sum, k) => sum + encoder[3 * i + k] * decoder[3 * k + j], 0);
  const wiener = [0.8, 0.5, 0.2];
  for (const i of [0, 1, 2])
    for (const j of [0, 1, 2]) expect(Math.abs(map(i, j) - (i === j ? wiener[i] : 0))).toBeLessThan(0.015);
});
