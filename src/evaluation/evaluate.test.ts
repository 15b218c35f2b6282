import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import {
  compute,
  numericTable,
  optionsOf,
  pictures,
  type Toy,
  termValue,
  toy,
} from '../conformance/models.js';
import { type Engine, initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { RandomStream } from '../random/index.js';
import {
  ae,
  type Batch,
  betaVae,
  cvae,
  describeData,
  penalty,
  type System,
  system,
  vae,
} from '../systems/index.js';
import { input } from '../tensor/index.js';
import { evaluate } from './index.js';

const normal = (count: number) => new RandomStream(1, 'rows').normal(new Float32Array(count));
const rows = (count: number) =>
  toy(
    numericTable(3),
    normal(3 * count),
    Array.from({ length: count }, (_, i) => i % 2),
  );

/** A runner whose variables have their initial values, and those values. */
async function runnerOf(
  system: System,
  { data }: Toy,
  options: Record<string, unknown> = {},
  engine: Engine = engines[0].create(),
) {
  const small = { architecture: 'mlp', hidden: [5], latent: 2, ...options };
  const runner = new ModelRunner({ system, data, options: optionsOf(system, small), engine });
  const x = data.toModel(input('x', [1, ...data.spec.shape], data.spec.dtype));
  const labels = input('labels', [1], 'int32');
  // Variables are made when the graph first needs them.
  runner.build().objective({ x, labels });
  const weights = initialValues(runner.table.variables.values(), 1);
  await engine.variables.write(weights);
  return { runner, weights: Object.fromEntries(weights) };
}

for (const { name, create } of engines) {
  test(`terms are means over all samples of what the objective gives directly, on ${name}`, async () => {
    for (const system of [ae, vae, cvae, betaVae] as const) {
      const data = rows(256);
      const { runner, weights } = await runnerOf(system, data, {}, create());
      const { terms, count } = await evaluate(runner, data.source, { seed: 4 });
      const x = data.data.toModel(input('x', [256, 3]));
      const labels = input('labels', [256], 'int32');
      const direct = Object.entries(runner.build().objective({ x, labels }));
      // 256 samples are one batch, whose noise is that of step 0.
      const values = compute(
        direct.map(([, term]) => termValue(term).mean()),
        { values: { ...weights, ...data.samples, labels: data.samples.labels ?? new Int32Array() }, seed: 4 },
      );
      expect(count).toBe(256);
      direct.forEach(([term], i) => {
        expect(terms[term]).toBeCloseTo(values[i][0], 4);
      });
    }
  });
}

test('the loss is the bound at weight 1, and the objective what training minimises', async () => {
  const { runner } = await runnerOf(betaVae, rows(50), { beta: 7 });
  const { loss, objective, terms } = await evaluate(runner, rows(50).source);
  expect(loss).toBeCloseTo(terms.reconstruction + terms.kl, 12);
  expect(objective).toBeCloseTo(terms.reconstruction + 7 * terms.kl, 12);
});

test('a penalty keeps its weight in both', async () => {
  const { runner } = await runnerOf(cvae, rows(50), { alpha: 0.25 });
  const { loss, objective, terms } = await evaluate(runner, rows(50).source);
  const penalty = 0.75 * terms.prediction;
  expect(loss).toBeCloseTo(terms.reconstruction + terms.kl + penalty, 12);
  expect(objective).toBeCloseTo(0.25 * (terms.reconstruction + terms.kl) + penalty, 12);
});

test('samples that fill up the last batch count for nothing', async () => {
  // Without noise, every sample costs what it costs alone.
  const { runner } = await runnerOf(ae, rows(300));
  const alone = await Promise.all(
    [0, 1, 37, 299].map((at) => evaluate(runner, { size: 1, read: () => rows(300).source.read(at, 1) })),
  );
  const costs = await runner.mapSamples('cost', rows(300).samples, (batch, { model }) => ({
    cost: termValue(model.objective(batch).reconstruction),
  }));
  [0, 1, 37, 299].forEach((at, i) => {
    expect(costs.cost[at]).toBeCloseTo(alone[i].loss, 5);
  });
  const { loss, count } = await evaluate(runner, rows(300).source);
  expect(count).toBe(300);
  expect(loss).toBeCloseTo(costs.cost.reduce((a, b) => a + b, 0) / 300, 6);
});

test('data of several chunks are measured whole, with noise of their own in each', async () => {
  const { runner } = await runnerOf(vae, rows(2100));
  const all = await evaluate(runner, rows(2100).source);
  expect(all.count).toBe(2100);
  const firstAgain = { size: 4096, read: (_: number, count: number) => rows(2048).source.read(0, count) };
  const twice = await evaluate(runner, firstAgain);
  const once = await evaluate(runner, rows(2048).source);
  expect(twice.terms.kl).toBeCloseTo(once.terms.kl, 9);
  expect(twice.terms.reconstruction).not.toBe(once.terms.reconstruction);
});

test('the same seed gives the same numbers, and another seed other noise', async () => {
  const { runner } = await runnerOf(vae, rows(70));
  const at = (seed: number) => evaluate(runner, rows(70).source, { seed });
  expect(await at(1)).toEqual(await at(1));
  expect((await at(2)).terms.reconstruction).not.toBe((await at(1)).terms.reconstruction);
});

test('a limit takes the first samples', async () => {
  const { runner } = await runnerOf(vae, rows(100));
  const limited = await evaluate(runner, rows(100).source, { limit: 64 });
  expect(limited).toEqual(await evaluate(runner, rows(64).source));
});

test('what the code carries is measured where there is a posterior', async () => {
  const { runner } = await runnerOf(vae, rows(90));
  const { latent, terms } = await evaluate(runner, rows(90).source);
  expect(latent?.klPerDimension.length).toBe(2);
  for (const kl of latent?.klPerDimension ?? []) expect(kl).toBeGreaterThanOrEqual(0);
  expect(latent?.klPerDimension.reduce((a, b) => a + b, 0)).toBeCloseTo(terms.kl, 6);
  const plain = await runnerOf(ae, rows(90));
  const evaluation = await evaluate(plain.runner, rows(90).source);
  expect('latent' in evaluation || 'bitsPerDimension' in evaluation).toBe(false);
});

test('bits per dimension are nats over the numbers of a stored sample', async () => {
  const data = toy(
    pictures(2, 3, 1),
    Array.from({ length: 60 }, (_, i) => (31 * i) % 256),
  );
  const { runner } = await runnerOf(vae, data, { likelihood: 'logistic' });
  const { loss, bitsPerDimension } = await evaluate(runner, data.source);
  expect(bitsPerDimension).toBeCloseTo(loss / (6 * Math.LN2), 12);
  const density = await evaluate((await runnerOf(vae, data, { likelihood: 'gaussian' })).runner, data.source);
  expect(density.bitsPerDimension).toBeUndefined();
  expect(density.noBitsBecause).toMatch(/^a density has bits only once noise fills the levels up/);
});

test('there is nothing to measure without samples, and an evaluation can be called off', async () => {
  const { runner } = await runnerOf(vae, rows(10));
  await expect(evaluate(runner, { ...rows(10).source, size: 0 })).rejects.toThrow(
    'evaluate: there are no samples to measure the model on',
  );
  await expect(evaluate(runner, rows(10).source, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});

test('terms of a whole batch are means over whole batches, with the tail left out, and absent where there is none', async () => {
  /** As the ae, with the number of the first column's largest value in the batch as a penalty. */
  const withBatchTerm = system({
    ...ae,
    name: 'batched',
    build(description, options, scope) {
      const model = ae.build(description, options, scope);
      return {
        ...model,
        objective: (batch: Batch) => ({
          ...model.objective(batch),
          largest: penalty(2, batch.x.sliceAlong(1, 0, 1).amax()),
        }),
      };
    },
  });
  const data = toy(
    numericTable(1),
    Array.from({ length: 10 }, (_, i) => i),
  );
  const { runner } = await runnerOf(withBatchTerm, data);
  const { terms, loss } = await evaluate(runner, data.source, { batchSize: 4 });
  // Rows 0 to 3 and 4 to 7; 8 and 9 are no batch.
  expect(terms.largest).toBe(5);
  expect(loss).toBeCloseTo(terms.reconstruction + 10, 5);
  const one = await evaluate(runner, data.source, { batchSize: 4, limit: 1 });
  expect(Object.keys(one.terms)).toEqual(['reconstruction']);
  expect(one.loss).toBe(one.terms.reconstruction);
  // Chunks hold 2000 samples, and what is left for the second is less than a batch.
  const many = toy(
    numericTable(1),
    Array.from({ length: 2100 }, (_, i) => Math.min(i, 2000)),
  );
  const ten = await evaluate(runner, many.source, { batchSize: 200 });
  expect(ten.terms.largest).toBeCloseTo((199 + 1999) / 2, 6);
});

test('−ELBO is the bound without penalties, and only of systems with a posterior and a likelihood', async () => {
  const { runner } = await runnerOf(cvae, rows(50), { alpha: 0.25 });
  const { negativeElbo, terms } = await evaluate(runner, rows(50).source);
  expect(negativeElbo).toBeCloseTo(terms.reconstruction + terms.kl, 12);
  const plain = await runnerOf(ae, rows(50));
  expect((await evaluate(plain.runner, rows(50).source)).negativeElbo).toBeUndefined();
});

test('bits per dimension of grey levels under a Bernoulli are refused with the reason, and given of binarised ones', async () => {
  const grey = toy(
    pictures(3, 3, 1),
    Array.from({ length: 90 }, (_, i) => (i * 37) % 256),
  );
  const sharp = toy(
    pictures(3, 3, 1),
    Array.from({ length: 90 }, (_, i) => (i % 2) * 255),
  );
  const of = async (data: Toy) => {
    const { runner } = await runnerOf(vae, data, { likelihood: 'bernoulli' });
    return evaluate(runner, data.source);
  };
  const refused = await of(grey);
  expect(refused.bitsPerDimension).toBeUndefined();
  expect(refused.noBitsBecause).toBe(
    'a Bernoulli likelihood of grey levels is a cross-entropy, not a probability of them',
  );
  const { spec, size } = grey.data;
  const binarised = { ...grey, data: describeData(spec, { size, binarise: 'dynamic' }) };
  for (const data of [sharp, binarised]) expect((await of(data)).bitsPerDimension).toBeGreaterThan(0);
});
