import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { identitySystem } from '../conformance/identitySystem.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { RandomStream } from '../random/index.js';
import { ae, type System } from '../systems/index.js';
import { zeros } from '../tensor/index.js';
import { probeMetrics } from './linearProbe.js';
import { majorities, mostTrainingRows, neighbourMetrics } from './nearestNeighbours.js';

test('the majority decides, of equally frequent classes that of the nearest', () => {
  const labels = [7, 8, 8, 7, 9];
  const of = (indices: number[], few: number) =>
    Array.from(
      majorities({ k: 5, indices: Int32Array.from(indices), distances: new Float64Array(5) }, labels, few),
    );
  expect(of([0, 1, 2, 4, 3], 1)).toEqual([7]);
  expect(of([0, 1, 2, 4, 3], 2)).toEqual([7]);
  expect(of([0, 1, 2, 4, 3], 3)).toEqual([8]);
  expect(of([4, 1, 0, 3, 2], 5)).toEqual([8]);
  expect(of([4, 0, 1, 2, 3], 5)).toEqual([7]);
});

/** Rows of length 1 to 9 in two directions; the class is the direction or, with `byLength`, whether a row is long. */
async function measured(byLength: boolean, count = 200) {
  const of = (name: string, size: number) => {
    const u = new RandomStream(1, name).uniform(new Float32Array(2 * size));
    const rows = Array.from({ length: size }, (_, n) => {
      const [direction, length] = [u[2 * n] < 0.5 ? 0 : 1, 1 + 8 * u[2 * n + 1]];
      const row =
        direction === 0 ? [length, (0.02 * n * length) / size] : [(0.02 * n * length) / size, length];
      return { row, label: Number(byLength ? length > 5 : direction) };
    });
    return toy(
      numericTable(2),
      rows.flatMap(({ row }) => row),
      rows.map(({ label }) => label),
    );
  };
  const [held, training] = [of('held', 100), of('training', count)];
  const engine = engines[0].create();
  const runner = new ModelRunner({ system: identitySystem(2), options: {}, data: held.data, engine });
  const metrics = await neighbourMetrics({ runner, engine, source: held.source, training: training.source });
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
}

test('cosines tell directions and not lengths, Euclidean distances tell both', async () => {
  const direction = await measured(false);
  const [euclidean, cosine] = ['knnAccuracy', 'knnCosineAccuracy'].map((name) =>
    [1, 5, 20].map((k) => `${name}(${k})`),
  );
  expect(Object.keys(direction)).toEqual([...euclidean, ...cosine]);
  for (const { value } of Object.values(direction)) expect(value).toBe(1);
  const length = await measured(true);
  expect(length['knnAccuracy(1)'].value).toBeGreaterThan(0.95);
  expect(length['knnCosineAccuracy(1)'].value).toBeLessThan(0.75);
  expect(length['knnAccuracy(5)']).toMatchObject({ n: 100, options: { k: 5, labels: 200 } });
});

test('neighbours are looked for among fewer codes where codes are long and samples many', () => {
  expect(mostTrainingRows(10_000, 64)).toBeGreaterThan(60_000);
  expect(mostTrainingRows(100, 1000)).toBeGreaterThan(60_000);
  expect(mostTrainingRows(10_000, 1000)).toBe(13_743);
  expect(mostTrainingRows(10_000, 2 ** 30)).toBe(1);
});

test('no more neighbours are asked than there are training samples', async () => {
  expect(Object.keys(await measured(false, 6))).toEqual([
    'knnAccuracy(1)',
    'knnAccuracy(5)',
    'knnCosineAccuracy(1)',
    'knnCosineAccuracy(5)',
  ]);
});

/** Of four columns two are noise of deviation 5, one says the class, one is nothing. */
async function withBaselines(latent: number, weight?: number) {
  const of = (name: string, size: number) => {
    const values = new RandomStream(2, name).normal(new Float32Array(4 * size));
    const labels = Array.from({ length: size }, (_, n) => n % 2);
    const rows = values.map(
      (value, i) => value * [5, 5, 0.1, 0.01][i % 4] + (i % 4 === 2 ? labels[Math.floor(i / 4)] : 0),
    );
    return toy(numericTable(4), rows, labels);
  };
  const [held, training] = [of('held', 60), of('training', 40)];
  const engine = engines[0].create();
  const options = optionsOf(ae as System, { architecture: 'mlp', hidden: [6], latent });
  const runner = new ModelRunner({ system: ae, options, data: held.data, engine });
  runner.build().encode({ x: zeros([1, 4]), labels: zeros([1], 'int32') });
  const initial = initialValues(runner.table.variables.values(), 0);
  if (weight !== undefined) for (const values of initial.values()) values.fill(weight);
  await engine.variables.write(initial);
  const request = { runner, engine, source: held.source, training: training.source, baselines: true };
  const metrics = [
    ...(await neighbourMetrics(request)),
    ...(await probeMetrics({ ...request, labels: [40] })),
  ];
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
}

test('baselines are samples, their components and the encoder before training, whatever was learnt', async () => {
  const metrics = await withBaselines(2, 0);
  // All codes are the same.
  expect(metrics['probeAccuracy(40)'].value).toBe(0);
  // A weighted sum reads one column off; the components of largest variance are the noise.
  expect(metrics['probeAccuracy(40).samples'].value).toBe(1);
  expect(metrics['probeAccuracy(40).pca'].value).toBeLessThan(0.8);
  expect(metrics['probeAccuracy(40).pca'].estimator).toMatch(/standardised principal components of samples/);
  const untrained = await withBaselines(2);
  for (const name of ['probeAccuracy(40)', 'knnAccuracy(5)'])
    expect(metrics[`${name}.untrained`].value).toBe(untrained[name].value);
});

test('there are no more principal components than columns', async () => {
  const { 'knnAccuracy.pca': none } = await withBaselines(5);
  expect(none.reason).toBe('codes of 5 numbers are no fewer than the 4 of a sample');
});
