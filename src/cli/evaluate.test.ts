import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  makePictures,
  makeTable,
  resultOf,
  temporaryFolder,
  trainShort,
  vaekit,
} from '../conformance/commandLine.js';
import type { Metric } from '../evaluation/index.js';

const root = await temporaryFolder('evaluate');
await Promise.all([makePictures(join(root, 'pictures')), makeTable(join(root, 'table.csv'))]);
const pictures = await trainShort(root, ['vae', '--data', 'pictures']);
const certain = await trainShort(root, ['ae', '--data', 'table.csv', '--steps', '2', '--out', 'certain']);

interface Card {
  readonly metrics: readonly Metric[];
  readonly samples: number;
  readonly klPerDimension?: readonly number[];
}
const cardOf = async (...words: readonly string[]): Promise<Card> =>
  JSON.parse(await resultOf(root, ['evaluate', ...words, '--json']));
const byName = ({ metrics }: Card) => Object.fromEntries(metrics.map((metric) => [metric.name, metric]));

test('every metric of a run comes with how it was measured, and is kept in the run', async () => {
  const card = await cardOf(pictures.run, '--draws', '60');
  expect(JSON.parse(await readFile(join(pictures.run, 'evaluation.json'), 'utf8'))).toEqual(card);
  const { elbo, nll, 'nll(50)': few, psnr, meanSquaredError, kl, ...others } = byName(card);
  expect(Object.keys(others)).toEqual(
    expect.arrayContaining([
      'bitsPerDimension',
      'activeUnits',
      'mutualInformation',
      'totalCorrelation',
      'ssim',
    ]),
  );
  for (const metric of card.metrics) {
    expect(metric.estimator, metric.name).not.toBe('');
    expect(metric.n, metric.name).toBeGreaterThan(0);
    expect(metric.value === null, metric.name).toBe(metric.reason !== undefined);
  }
  expect(nll.options).toEqual({ draws: 60 });
  expect(few.options).toEqual({ draws: 50 });
  // −log p is below the negative bound, within their errors.
  expect(nll.value).toBeLessThan(-(elbo.value ?? 0) + 4 * (elbo.standardError ?? 0));
  expect(card.klPerDimension?.reduce((sum, each) => sum + each, 0)).toBeCloseTo(kl.value ?? 0, 3);
  expect(psnr.value).toBeGreaterThan(-10 * Math.log10(meanSquaredError.value ?? 1) - 1e-6);
});

test('groups, samples and the file can be chosen', async () => {
  const words = ['--metrics', 'reconstruction', '--limit', '5', '--data', 'pictures', '-o', 'numbers.json'];
  const card = await cardOf(pictures.run, ...words);
  expect(card.samples).toBe(5);
  expect(Object.keys(byName(card))).toContain('ssim');
  expect(Object.keys(byName(card))).not.toContain('elbo');
  expect(JSON.parse(await readFile(join(root, 'numbers.json'), 'utf8'))).toEqual(card);
});

test('what a system has not got is said in words, and never a number', async () => {
  const { elbo, nll, totalCorrelation, meanSquaredError } = byName(await cardOf(certain.run));
  expect(elbo).toMatchObject({ value: null, reason: 'ae has no posterior over codes' });
  expect(nll).toMatchObject({ value: null, reason: 'ae has no posterior over codes' });
  expect(totalCorrelation.estimator).toMatch(/jointly normal/);
  expect(meanSquaredError.value).toBeGreaterThan(0);
});

test('people get a table, and a sentence about what they cannot have', async () => {
  const table = await resultOf(root, ['evaluate', pictures.run, '--metrics', 'elbo', '--draws', '10']);
  expect(table).toMatch(/^elbo +−[\d.]+ ± [\d.]+ nats +E_q\[log p\(x\|z\)\]/m);
  const wrong = await vaekit(root, ['evaluate', pictures.run, '--metrics', 'beauty']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/elbo.*nll.*latent.*aggregate.*reconstruction/);
});

test('classifiers and clusters are compared with what needs no training, where that is asked for', async () => {
  const words = ['--metrics', 'probe,knn,clusters', '--probe-labels', '10', '--baselines', '--clusters', '3'];
  const metrics = byName(await cardOf(pictures.run, ...words));
  for (const suffix of ['', '.samples', '.pca', '.untrained']) {
    expect(metrics[`probeAccuracy(10)${suffix}`].value).toBeGreaterThan(0);
    expect(metrics[`knnAccuracy(1)${suffix}`].value).toBeGreaterThan(0);
  }
  expect(metrics.clusterAri.options).toMatchObject({ clusters: 3 });
  const { code, stderr } = await vaekit(root, ['evaluate', pictures.run, '--metrics', 'elbo', '--baselines']);
  expect(code).toBe(2);
  expect(stderr).toContain(
    '--baselines has no effect without --metrics probe or knn; leave it out, or measure that',
  );
});
