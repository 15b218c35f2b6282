import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, pictures, runOf, type Toy, toy } from '../conformance/models.js';
import { evaluate } from '../evaluation/index.js';
import { RandomStream } from '../random/index.js';
import { ae, betaVae, cvae, describeData, type System, vae } from '../systems/index.js';
import { Training } from '../training/index.js';

const grey = toy(
  pictures(4, 5, 1),
  new RandomStream(1, 'toy').words(new Uint32Array(70 * 20)).map((word) => word % 256),
  Array.from({ length: 70 }, (_, i) => i % 3),
);
const table = toy(numericTable(4), new RandomStream(2, 'toy').normal(new Float32Array(70 * 4)));

/** A few steps are enough for weights that are not the first ones. */
const trained = (
  system: System,
  data: Toy,
  options: Record<string, unknown> = {},
  engine = engines[1].create(),
) =>
  new Training(
    runOf(system, data, engine, {
      options: { hidden: [8], latent: 2, ...options },
      training: { batchSize: 10, steps: 20 },
    }),
  ).finish();

for (const { name, create } of engines) {
  test(`codes, reconstructions and samples have the shapes and types of what they stand for on ${name}`, async () => {
    const model = await trained(vae, grey, {}, create());
    expect(model.codeShape).toEqual([2]);
    expect(model.canSample).toBe(true);
    const { shape, mean, logVar } = await model.encode(grey.samples);
    expect([shape, mean.length, logVar?.length]).toEqual([[2], 140, 140]);
    const x = await model.reconstruct(grey.samples);
    expect(x.length).toBe(1400);
    // Stored levels, though the model speaks of intensities.
    for (const level of x) expect(Number.isInteger(level) && level >= 0 && level <= 255).toBe(true);
    const drawn = await model.sample(33);
    expect([drawn.x.length, drawn.codes.length]).toEqual([33 * 20, 66]);
  });
}

test('a reconstruction is the decoded code, without noise', async () => {
  const model = await trained(vae, grey);
  const { mean } = await model.encode(grey.samples);
  const x = await model.reconstruct(grey.samples);
  expect(await model.decode(mean)).toEqual(x);
  expect(await model.reconstruct(grey.samples, { seed: 9 })).toEqual(x);
});

test('a sample is a decoded code from the prior, and the same seed gives the same ones', async () => {
  const model = await trained(vae, table);
  const { x, codes } = await model.sample(500, { seed: 3, values: 'mean' });
  expect(await model.decode(codes)).toEqual(x);
  expect(await model.sample(500, { seed: 3, values: 'mean' })).toEqual({ x, codes });
  expect((await model.sample(500, { seed: 4 })).codes).not.toEqual(codes);
  const mean = codes.reduce((a, b) => a + b, 0) / 1000;
  const variance = codes.reduce((sum, z) => sum + z * z, 0) / 1000;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(1000));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 1000));
});

test('rows are drawn from the likelihood, pictures are its mean, and either is to be had of both', async () => {
  for (const [data, usual, other] of [
    [table, 'draw', 'mean'],
    [grey, 'mean', 'draw'],
  ] as const) {
    const model = await trained(vae, data);
    const { x, codes } = await model.sample(300, { seed: 3 });
    expect(await model.sample(300, { seed: 3, values: usual })).toEqual({ x, codes });
    const others = await model.sample(300, { seed: 3, values: other });
    expect(others.codes).toEqual(codes);
    expect(others.x).not.toEqual(x);
  }
});

test('a row lies around its mean by the deviation that the likelihood has', async () => {
  const model = await trained(vae, table, { likelihood: 'gaussian', sigma: 'fixed', sigma0: 0.3 });
  const [drawn, mean] = [
    await model.sample(2000, { seed: 3 }),
    await model.sample(2000, { seed: 3, values: 'mean' }),
  ];
  const scores = drawn.x.map((value, i) => (value - mean.x[i]) / 0.3);
  const average = (f: (score: number) => number) =>
    scores.reduce((sum, score) => sum + f(score), 0) / scores.length;
  expect(Math.abs(average((score) => score))).toBeLessThan(4 / Math.sqrt(8000));
  expect(Math.abs(average((score) => score ** 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / 8000));
});

test('samples of a class come from that class’s prior and decoder', async () => {
  const model = await trained(cvae, grey);
  const labels = (label: number) => new Int32Array(40).fill(label);
  const [zero, one] = [
    await model.sample(40, { labels: labels(0) }),
    await model.sample(40, { labels: labels(1) }),
  ];
  // The noise is the same, so codes differ by the priors alone.
  expect(one.codes).not.toEqual(zero.codes);
  expect(await model.decode(zero.codes, { labels: labels(0) })).toEqual(zero.x);
  expect(await model.decode(zero.codes, { labels: labels(1) })).not.toEqual(zero.x);
});

test('a conditional model asks for classes', async () => {
  const model = await trained(cvae, grey);
  const sentence = 'labels: cvae is conditioned on the class of each sample; give one for each';
  await expect(model.sample(4)).rejects.toThrow(sentence);
  await expect(model.encode({ x: grey.samples.x })).rejects.toThrow(sentence);
});

test('a system without a prior has nothing to draw from, and says so', async () => {
  const model = await trained(ae, grey);
  expect(model.canSample).toBe(false);
  await expect(model.sample(4)).rejects.toThrow(
    'ae has no prior over its codes, so there is nothing to draw from',
  );
  const { mean, logVar } = await model.encode(grey.samples);
  expect([mean.length, logVar]).toEqual([140, undefined]);
});

test('the score of a sample is its part of the evaluation’s loss', async () => {
  for (const [system, data] of [
    [vae, grey],
    [ae, table],
    [betaVae, table],
    [cvae, grey],
  ] as const) {
    const model = await trained(system, data);
    const scores = await model.score(data.samples, { seed: 5 });
    const { loss } = await evaluate(model.runner, data.source, { seed: 5 });
    expect(scores.length).toBe(70);
    expect(scores.reduce((a, b) => a + b, 0) / 70).toBeCloseTo(loss, 5);
  }
});

test.each(['threshold', 'dynamic'] as const)(
  'scores of a run that is binarised by %s are those of binarised pictures',
  async (binarise) => {
    const { spec, classes, size } = grey.data;
    const binary = { ...grey, data: describeData(spec, { classes, size, binarise }) };
    const model = await trained(vae, binary);
    const scores = await model.score(grey.samples, { seed: 5 });
    const { loss } = await evaluate(model.runner, grey.source, { seed: 5 });
    expect(scores.reduce((a, b) => a + b, 0) / 70).toBeCloseTo(loss, 5);
    // What is black and white already is binarised by nobody, so a threshold can be set beforehand.
    const levels = Uint8Array.from(grey.samples.x, (level) => (level > 127.5 ? 255 : 0));
    const same = await model.score({ ...grey.samples, x: levels }, { seed: 5 });
    if (binarise === 'threshold') expect(same).toEqual(scores);
    else expect(same).not.toEqual(scores);
  },
);

test('a sample that is unlike the others scores worst', async () => {
  const odd = Float32Array.from(table.samples.x);
  odd.set([40, -40, 40, -40], 4 * 33);
  const scores = await (await trained(vae, table)).score({ x: odd });
  expect(scores.indexOf(Math.max(...scores))).toBe(33);
});

test('codes between two codes lie on the line, both ends included', async () => {
  const model = await trained(vae, table);
  const lines = model.interpolate(Float32Array.of(0, 0, 1, 1), Float32Array.of(4, -2, 1, 3), 3);
  expect(Array.from(lines)).toEqual([0, 0, 2, -1, 4, -2, 1, 1, 1, 2, 1, 3]);
  expect(() => model.interpolate(Float32Array.of(0, 0), Float32Array.of(1), 3)).toThrow(
    'interpolate: 2 and 1 values are no pairs of codes of 2',
  );
  expect(() => model.interpolate(Float32Array.of(0, 0), Float32Array.of(1, 1), 1)).toThrow(
    'interpolate: 1 steps do not hold both ends; take 2 or more',
  );
});

test('a traversal moves one coordinate at a time and leaves the code itself alone', async () => {
  const model = await trained(vae, table);
  const code = Float32Array.of(0.5, -1);
  const rows = model.traverse(
    code,
    [1, 0],
    [
      [-3, 3],
      [7, 8],
    ],
  );
  expect(Array.from(rows)).toEqual([0.5, -3, 0.5, 3, 7, -1, 8, -1]);
  expect(Array.from(code)).toEqual([0.5, -1]);
});
