import { expect, test } from 'vitest';
import { RandomStream } from '../random/index.js';
import { detectionMetrics, Ranking } from './detection.js';

const summary = (scores: readonly number[], isAnomalous: readonly number[]) =>
  new Ranking(scores, isAnomalous).summary();
const random = (name: string, count: number) =>
  Array.from(new RandomStream(6, name).uniform(new Float32Array(count)), (u) => Math.floor(40 * u) / 40);

test('four samples whose areas are counted by hand', () => {
  // Of four pairs three are in order; precision 1 at the first of two, 2/3 at the second.
  expect(summary([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toEqual({
    auroc: 0.75,
    auprc: expect.closeTo(5 / 6, 12),
    fprAt95Tpr: 0.5,
  });
});

test('a score that tells all apart has areas of 1, and its contrary is not turned round', () => {
  expect(summary([1, 2, 8, 9], [0, 0, 1, 1])).toEqual({ auroc: 1, auprc: 1, fprAt95Tpr: 0 });
  const contrary = summary([8, 9, 1, 2], [0, 0, 1, 1]);
  expect(contrary.auroc).toBe(0);
  expect(contrary.auprc).toBeCloseTo((1 / 3 + 2 / 4) / 2, 12);
  expect(contrary.fprAt95Tpr).toBe(1);
});

test('a constant score knows nothing: AUROC ½, average precision the prevalence', () => {
  const found = summary(
    new Array(50).fill(3),
    Array.from({ length: 50 }, (_, n) => (n < 10 ? 1 : 0)),
  );
  expect(found).toEqual({ auroc: 0.5, auprc: 0.2, fprAt95Tpr: 1 });
});

test('only the order counts: monotone maps change nothing', () => {
  const scores = random('scores', 300);
  const truth = random('truth', 300).map((u, n) => Number(u + scores[n] > 1));
  const found = summary(scores, truth);
  expect(found.auroc).toBeGreaterThan(0.6);
  expect(
    summary(
      scores.map((s) => Math.exp(5 * s) - 7),
      truth,
    ),
  ).toEqual(found);
});

test('AUROC is the share of pairs in order, equal ones half', () => {
  const scores = random('scores', 120);
  const truth = random('truth', 120).map((u, n) => Number(u + 0.5 * scores[n] > 0.9));
  let [pairs, inOrder] = [0, 0];
  for (let a = 0; a < 120; a++) {
    for (let b = 0; b < 120; b++) {
      if (!truth[a] || truth[b]) continue;
      pairs++;
      inOrder += scores[a] > scores[b] ? 1 : scores[a] === scores[b] ? 0.5 : 0;
    }
  }
  expect(summary(scores, truth).auroc).toBeCloseTo(inOrder / pairs, 12);
});

test('samples that count twice are as if they were there twice', () => {
  const [scores, truth] = [
    [3, 1, 2, 2],
    [1, 0, 0, 1],
  ];
  const twice = new Ranking([3, 1, 2, 2, 2, 2], [1, 0, 0, 1, 1, 1]).summary();
  expect(new Ranking(scores, truth).summary([1, 1, 1, 3])).toEqual(twice);
  expect(new Ranking(scores, truth).summary([0, 1, 1, 0]).auroc).toBeNaN();
});

test('metrics come with intervals of the bootstrap, the prevalence, and what the threshold does', () => {
  const scores = random('scores', 400);
  const isAnomalous = random('truth', 400).map((u, n) => u + scores[n] > 1.4);
  const metrics = detectionMetrics({ scores, isAnomalous, threshold: 0.75, by: 'kl', seed: 1 });
  const byName = Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
  const anomalous = isAnomalous.filter(Boolean).length;
  const { value, interval, standardError, options, n } = byName['auroc(kl)'];
  expect(n).toBe(400);
  expect(options).toEqual({ prevalence: anomalous / 400, resamples: 200 });
  expect(interval?.[0]).toBeLessThan(value ?? 0);
  expect(interval?.[1]).toBeGreaterThan(value ?? 1);
  // Hanley & McNeil 1982, eq. 1.
  const A = value ?? 0;
  const [q1, q2] = [A / (2 - A), (2 * A * A) / (1 + A)];
  const normal = 400 - anomalous;
  const variance =
    (A * (1 - A) + (anomalous - 1) * (q1 - A * A) + (normal - 1) * (q2 - A * A)) / (anomalous * normal);
  expect(standardError).toBeGreaterThan(0.6 * Math.sqrt(variance));
  expect(standardError).toBeLessThan(1.4 * Math.sqrt(variance));
  const above = isAnomalous.filter((is, i) => is && scores[i] > 0.75).length;
  expect(byName['truePositiveRate(kl)'].value).toBeCloseTo(above / anomalous, 12);
  expect(byName['falsePositiveRate(kl)']).toMatchObject({ n: normal, options: { threshold: 0.75 } });
});

test('without both kinds there is nothing to tell apart', () => {
  const [auroc] = detectionMetrics({ scores: [1, 2], isAnomalous: [false, false], threshold: 1, by: 'knn' });
  expect(auroc).toMatchObject({ value: null, reason: 'there are 0 anomalous and 2 normal samples' });
});
