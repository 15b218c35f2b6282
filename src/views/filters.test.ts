import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, pictures, runOf, type Toy, toy } from '../conformance/models.js';
import { RandomStream } from '../random/index.js';
import { ae, kSparseAe, type System, sparseAe } from '../systems/index.js';
import { Training } from '../training/index.js';
import { coordinateOrder } from './codes.js';
import { filtersOf, filtersView } from './filters.js';

const grey = toy(
  pictures(4, 5, 1),
  new RandomStream(1, 'toy').words(new Uint32Array(70 * 20)).map((word) => word % 256),
);
const table = toy(numericTable(3), new RandomStream(1, 'toy').normal(new Float32Array(210)));

const trained = (system: System, data: Toy, options: Record<string, unknown>) =>
  new Training(
    runOf(system, data, engines[0].create(), { options, training: { batchSize: 64, steps: 3 } }),
  ).finish();

test('a filter is what its unit puts into a picture alone, and those of the busiest units come first', async () => {
  const model = await trained(kSparseAe, grey, { latent: 6, k: 2 });
  const filters = await filtersOf(model, grey.samples);
  if (!filters) throw new Error('units of one dense layer have filters');
  expect(filters.weights.shape).toEqual([6, 4, 5, 1]);
  const { mean: codes } = await model.encode(grey.samples);
  const order = coordinateOrder({ codes, dimensions: 6 });
  // Tied weights: the decoder is linear in the code, so a filter is the difference that one unit makes. The last code
  // is 0 everywhere.
  const single = Float32Array.from({ length: 7 * 6 }, (_, i) => Number(i % 6 === order[Math.floor(i / 6)]));
  const { x } = await model.runner.mapCodes('decoded', { values: single, shape: [6] }, (code, _, built) => ({
    x: built.model.decode(code),
  }));
  const nothing = x.slice(6 * 20);
  for (let i = 0; i < 6 * 20; i++) expect(filters.weights.data[i]).toBeCloseTo(x[i] - nothing[i % 20], 5);
});

test('there are none of a system without them, of deeper codes, and of tables', async () => {
  expect(await filtersOf(await trained(ae, grey, { hidden: [4], latent: 2 }), grey.samples)).toBeUndefined();
  expect(
    await filtersOf(await trained(sparseAe, grey, { architecture: 'mlp', hidden: [4] }), grey.samples),
  ).toBeUndefined();
  expect(
    await filtersView(await trained(kSparseAe, table, { latent: 6, k: 2 }), table.samples),
  ).toBeUndefined();
  expect(await filtersView(await trained(sparseAe, grey, { latent: 6 }), grey.samples)).toBeDefined();
});
