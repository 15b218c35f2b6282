import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, runOf, termValue, toy } from '../conformance/models.js';
import { evaluate } from '../evaluation/index.js';
import { RandomStream } from '../random/index.js';
import { Training } from '../training/index.js';
import { describeData, jointVae, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 50 });
const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const COUNT = 5;
const x = Uint8Array.from({ length: COUNT * 12 }, (_, i) => (i * 89) % 256);
const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;

function terms(options: Record<string, unknown>) {
  const { model, batch } = build(jointVae, data, { ...small, ...options }, { training: false });
  const { kl, klCategories, capacity, capacityCategories } = model.objective(batch(COUNT));
  const values = compute([kl, klCategories, capacity, capacityCategories].map(termValue), { values: { x } });
  return { kl: values[0], klCategories: values[1], capacity: values[2], capacityCategories: values[3] };
}

test('each divergence is compared with its capacity after the mean over the batch', () => {
  const found = terms({ capacityZ: 4, capacityC: 1 });
  expect(found.capacity).toHaveLength(1);
  expect(found.capacity[0]).toBeCloseTo(Math.abs(mean(found.kl) - 4), 10);
  expect(found.capacityCategories[0]).toBeCloseTo(Math.abs(mean(found.klCategories) - 1), 10);
});

test('categories never get a capacity beyond the sum of the logarithms of their counts', () => {
  const found = terms({ capacityC: 100, categories: [10, 3] });
  const most = Math.log(10) + Math.log(3);
  expect(found.capacityCategories[0]).toBeCloseTo(Math.abs(mean(found.klCategories) - most), 10);
});

test('both divergences are reported and scored, and paid for by their distances', () => {
  const { model, batch } = build(jointVae, data, { ...small, gammaZ: 3, gammaC: 4 });
  const all = Object.entries(model.objective(batch(COUNT))).map(([name, term]) => {
    const { role, weight, value } = toWeighted(term);
    return [name, role, weight, value.shape];
  });
  expect(all).toEqual([
    ['reconstruction', 'bound', 1, [COUNT]],
    ['kl', 'bound', 0, [COUNT]],
    ['klCategories', 'bound', 0, [COUNT]],
    ['capacity', 'penalty', 3, []],
    ['capacityCategories', 'penalty', 4, []],
  ]);
});

test('a code is the posterior’s mean and the likeliest categories; indices alone stand for a code at the prior’s mean', () => {
  const { model, batch } = build(jointVae, data, { ...small, categories: [3, 2] }, { training: false });
  const { discrete } = model;
  if (!discrete) throw new Error('there are no indices');
  expect(discrete.maps).toEqual([
    { name: 'codes1', shape: [], size: 3 },
    { name: 'codes2', shape: [], size: 2 },
  ]);
  const indices = discrete.indices(batch(COUNT));
  const [code, looked] = compute([model.encode(batch(COUNT)), discrete.lookup(indices)], { values: { x } });
  expect(code).toHaveLength(COUNT * 7);
  looked.forEach((value, i) => {
    expect(value).toBe(i % 7 < 2 ? 0 : code[i]);
  });
  const prior = model.prior?.(200);
  if (!prior) throw new Error('there is no prior');
  const draws = compute([prior.sample()]);
  for (let row = 0; row < 200; row++) {
    expect(draws[0].slice(row * 7 + 2, row * 7 + 5).reduce((a, b) => a + b)).toBe(1);
    expect(draws[0].slice(row * 7 + 5, row * 7 + 7).reduce((a, b) => a + b)).toBe(1);
  }
});

/** Two kinds of rows, far apart, and within each a line along which they vary. */
const ROWS = 400;
const noise = new RandomStream(4, 'kinds').normal(new Float32Array(2 * ROWS));
const kinds = toy(
  numericTable(4),
  Array.from({ length: 4 * ROWS }, (_, i) => {
    const [row, column] = [Math.floor(i / 4), i % 4];
    const side = row % 2 === 0 ? 2 : -2;
    return column < 2 ? side : 0.5 * noise[2 * row] + 0.05 * noise[2 * row + 1];
  }),
);
const forRows = {
  hidden: [32],
  latent: 2,
  categories: [2],
  likelihood: 'gaussian',
  sigma: 'fixed',
  sigma0: 0.2,
};

async function trained(options: Record<string, unknown>) {
  const [native] = engines.slice(-1);
  const definition = runOf(jointVae, kinds, native.create(), {
    options: { ...forRows, ...options },
    training: { batchSize: 50, steps: 1500, learningRate: 3e-3, patience: 0, schedule: 'cosine' },
  });
  const model = await new Training(definition).finish();
  const evaluation = await evaluate(model.runner, kinds.source, { batchSize: 50 });
  return { model, terms: evaluation.terms, dispose: () => definition.engine.dispose() };
}

test('at the end of training both divergences are at their capacities, and the category says which kind a row is', async () => {
  // A wrong category costs some hundred nats here: smaller weights would not hold it below its log 2.
  const capacities = { capacityZ: 0.9, capacityC: 0.6, capacitySteps: 800, gammaZ: 300, gammaC: 300 };
  const { model, terms: found, dispose } = await trained(capacities);
  expect(Math.abs(found.kl - 0.9)).toBeLessThan(0.05 * 0.9);
  expect(Math.abs(found.klCategories - 0.6)).toBeLessThan(0.05 * 0.6);
  const { mean: codes, indices = [] } = await model.encode(kinds.samples);
  const [own] = indices;
  const agree = Array.from(own.values).filter((index, row) => (index === own.values[0]) === (row % 2 === 0));
  expect(agree.length).toBeGreaterThan(0.98 * ROWS);
  // One row with the other category, and with each coordinate moved by a deviation of the prior.
  const code = codes.slice(0, 4);
  const moved = [
    code,
    code.with(2, code[3]).with(3, code[2]),
    code.with(0, code[0] + 1),
    code.with(1, code[1] + 1),
  ];
  const x = await model.decode(Float32Array.from(moved.flatMap((each) => [...each])));
  const change = (i: number) => Math.hypot(x[4 * i] - x[0], x[4 * i + 1] - x[1]);
  expect(change(1)).toBeGreaterThan(Math.max(change(2), change(3)));
  await dispose();
});

test('without capacity and with large weights both posteriors become the prior', async () => {
  const { terms: found, dispose } = await trained({ capacityZ: 0, capacityC: 0, gammaZ: 1000, gammaC: 1000 });
  expect(found.kl).toBeLessThan(0.01);
  expect(found.klCategories).toBeLessThan(0.01);
  await dispose();
});

test('a batch too small for a mean KL is refused', () => {
  const run = { batchSize: 15, isLengthGiven: false };
  expect(() => jointVae.require?.({ options: jointVae.options.parse({}), data, run })).toThrow(
    'batchSize: joint-vae compares the batch’s mean KL with the capacities and needs 16 samples or more; 15 were asked for',
  );
});
