import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import type { Layer } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { ae, cvae, type System } from '../systems/index.js';
import { zeros } from '../tensor/index.js';
import { linearProbe, mostClassifiers, probeMetrics } from './linearProbe.js';
import type { LabelledRows } from './softmaxRegression.js';

const [reference] = engines;
const D = 4;
const normal = (count: number, name: string) => new RandomStream(2, name).normal(new Float32Array(count * D));
const identity: Layer = () => (x) => x;

function rowsOf(features: Float32Array, labelOf: (row: Float32Array, n: number) => number): LabelledRows {
  const labels = Int32Array.from({ length: features.length / D }, (_, n) =>
    labelOf(features.subarray(n * D, (n + 1) * D), n),
  );
  return { features, labels, dimensions: D, classes: 2 };
}
const shareOf = (values: readonly boolean[]) => values.filter(Boolean).length / values.length;
const sign = (row: Float32Array) => (row[2] > 0 ? 1 : 0);

test('the sign of a coordinate is read from codes without a mistake worth mentioning', async () => {
  const [rows, held] = [rowsOf(normal(300, 'rows'), sign), rowsOf(normal(500, 'held'), sign)];
  const { isRight, penalty } = await linearProbe(reference.create(), rows, held);
  expect(shareOf(isRight)).toBeGreaterThan(0.97);
  // There is nothing to guard against.
  expect(penalty).toBe(1e-4);
});

test('classes that have nothing to do with codes are guessed', async () => {
  const guess = (name: string) => {
    const u = new RandomStream(1, name).uniform(new Float32Array(1000));
    return (_: Float32Array, n: number) => (u[n] < 0.5 ? 0 : 1);
  };
  const rows = rowsOf(normal(300, 'rows'), guess('rows'));
  const held = rowsOf(normal(1000, 'held'), guess('held'));
  const { isRight, penalty } = await linearProbe(reference.create(), rows, held);
  expect(Math.abs(shareOf(isRight) - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / 1000));
  // Every weight is noise, and is kept small.
  expect(penalty).toBeGreaterThanOrEqual(1);
});

/** Codes that are mixtures of the samples' columns, of one of which the class is the sign. */
async function probe(system: System, labels: readonly number[], classes = true) {
  const engine = reference.create();
  const held = rowsOf(normal(50, 'held'), sign);
  const rows = rowsOf(normal(100, 'rows'), sign);
  const given = toy(numericTable(D), held.features, classes ? held.labels : undefined);
  const training = toy(numericTable(D), rows.features, classes ? rows.labels : undefined);
  const layers = { encoder: identity, decoder: identity, latent: D };
  const runner = new ModelRunner({ system, options: optionsOf(system, layers), data: given.data, engine });
  // A model makes its variables where it uses them.
  runner.build().encode({ x: zeros([1, D]), labels: zeros([1], 'int32') });
  await engine.variables.write(initialValues(runner.table.variables.values(), 0));
  return probeMetrics({ runner, engine, source: given.source, training: training.source, labels });
}

test('accuracy is given for each number of labels that there is, with how many draws it is the mean of', async () => {
  const metrics = await probe(ae, [10, 30, 1000]);
  const byName = Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
  expect(Object.keys(byName)).toEqual([
    'probeAccuracy(10)',
    'probeBalancedAccuracy(10)',
    'probeAccuracy(30)',
    'probeBalancedAccuracy(30)',
  ]);
  expect(byName['probeAccuracy(10)'].options).toMatchObject({ labels: 10, draws: 5 });
  expect(byName['probeAccuracy(30)']).toMatchObject({ n: 50, options: { labels: 30, draws: 3 } });
});

test('long features are probed by fewer classifiers of many labels, and by as many of few', () => {
  expect([10, 100, 1000, 10_000].map((labels) => mostClassifiers(labels, 64))).toEqual([5, 5, 5, 5]);
  expect([10, 100, 1000, 10_000].map((labels) => mostClassifiers(labels, 1000))).toEqual([5, 5, 5, 1]);
  expect(mostClassifiers(10_000, 1e6)).toBe(1);
});

test('what cannot be probed is said in words', async () => {
  const reasonOf = async (...words: Parameters<typeof probe>) => (await probe(...words))[0].reason;
  expect(await reasonOf(ae, [20], false)).toBe('the samples have no classes');
  expect(await reasonOf(ae, [1000])).toBe(
    'there are 100 labelled training samples, and classifiers take 1000',
  );
  expect(await reasonOf(cvae, [20])).toBe('cvae is told the class when it encodes');
});
