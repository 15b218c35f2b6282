import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePictures, resultOf, temporaryFolder, trainShort, vaekit } from '../conformance/commandLine.js';
import type { Metric } from '../evaluation/index.js';
import { RandomStream } from '../random/index.js';

const root = await temporaryFolder('score');

/** Rows near the line y = x; `bad` ones near y = −x, far from the middle. */
function table(
  rows: number,
  {
    bad = () => false,
    label = false,
    stream = 'rows',
  }: { bad?: (n: number) => boolean; label?: boolean; stream?: string },
) {
  const noise = new RandomStream(3, stream).normal(new Float32Array(2 * rows));
  const lines = Array.from({ length: rows }, (_, n) => {
    const x = (bad(n) ? 2 * Math.sign(noise[2 * n]) : 0) + noise[2 * n];
    const y = (bad(n) ? -x : x) + 0.1 * noise[2 * n + 1];
    return `part-${n},${x.toFixed(4)},${y.toFixed(4)}${label ? `,${bad(n) ? 'scratched' : 'good'}` : ''}`;
  });
  return `id,x,y${label ? ',label' : ''}\n${lines.join('\n')}\n`;
}
const isBad = (n: number) => n % 5 === 0;
await Promise.all([
  writeFile(join(root, 'normal.csv'), table(400, {})),
  writeFile(join(root, 'new.csv'), table(60, { bad: isBad, stream: 'new' })),
  writeFile(join(root, 'known.csv'), table(100, { bad: isBad, label: true, stream: 'known' })),
  writeFile(join(root, 'bad.csv'), table(30, { bad: () => true, stream: 'bad' })),
  makePictures(join(root, 'pictures'), { each: 100 }),
]);
const { run } = await trainShort(root, ['vae', '--data', 'normal.csv', '--steps', '150', '--latent', '2']);

interface Card {
  readonly output: string;
  readonly samples: number;
  readonly pictures: readonly string[];
  readonly scores: readonly { by: string; threshold: number; flagged: number; validationSamples: number }[];
  readonly metrics: readonly Metric[];
}
const cardOf = async (...words: readonly string[]): Promise<Card> =>
  JSON.parse(await resultOf(root, ['score', ...words, '--json']));
const byName = ({ metrics }: Card) => Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
async function cells(path: string): Promise<Record<string, string>[]> {
  const [header, ...lines] = (await readFile(path, 'utf8')).trim().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
}

test('every row gets a score under its id, and is flagged above the threshold of normal ones', async () => {
  const card = await cardOf(run, '--data', 'new.csv', '--by', 'knn', '-o', 'scores.csv');
  const rows = await cells(join(root, 'scores.csv'));
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, n) => `part-${n}`));
  const [{ threshold, flagged, validationSamples }] = card.scores;
  expect(validationSamples).toBe(18);
  for (const { knn, flagged: flag } of rows) expect(flag).toBe(Number(knn) > threshold ? '1' : '0');
  expect(rows.filter((row) => row.flagged === '1').length).toBe(flagged);
  const scoreOf = (wanted: boolean) =>
    rows
      .filter((_, n) => isBad(n) === wanted)
      .reduce((sum, { knn }, _, { length }) => sum + Number(knn) / length, 0);
  expect(scoreOf(true)).toBeGreaterThan(2 * scoreOf(false));
  expect(card.metrics).toEqual([]);
});

test('classes that are normal give areas with their intervals, one for each score that is asked for', async () => {
  const scores = ['reconstruction', 'negativeElbo', 'nll', 'kl', 'mahalanobis', 'knn'];
  const words = ['--data', 'known.csv', '--normal', 'good', '--by', scores.join(','), '--draws', '20'];
  const card = await cardOf(run, ...words);
  const metrics = byName(card);
  for (const by of scores) {
    const { value, interval, options, n } = metrics[`auroc(${by})`];
    expect(n).toBe(100);
    expect(options.prevalence).toBe(0.2);
    expect(interval?.[0], by).toBeLessThanOrEqual(value ?? -1);
    expect(metrics[`falsePositiveRate(${by})`].n).toBe(80);
  }
  expect(metrics['auroc(knn)'].value).toBeGreaterThan(0.8);
  expect(metrics['auroc(negativeElbo)'].value).toBeGreaterThan(0.8);
  const rows = await cells(join(run, 'scores.csv'));
  expect(rows.map(({ anomalous }) => anomalous)).toEqual(rows.map((_, n) => (isBad(n) ? '1' : '0')));
  expect(Object.keys(rows[0])).toContain('kl.flagged');
  expect(card.pictures.length).toBe(6);
  for (const path of card.pictures) expect((await readFile(path)).subarray(1, 4).toString()).toBe('PNG');
});

test('data that are anomalous are scored beside others, and the threshold follows the quantile', async () => {
  const at = async (quantile: string) => cardOf(run, '--anomalies', 'bad.csv', '--quantile', quantile);
  const [low, high] = [await at('0.5'), await at('0.99')];
  // The test part has 40 rows.
  expect(low.samples).toBe(70);
  expect(low.scores[0].by).toBe('negativeElbo');
  expect(low.scores[0].threshold).toBeLessThan(high.scores[0].threshold);
  expect(byName(low)['auroc(negativeElbo)']).toEqual(byName(high)['auroc(negativeElbo)']);
  const rows = await cells(join(run, 'scores.csv'));
  expect(rows.map(({ data }) => data)).toEqual([
    ...new Array(40).fill('normal'),
    ...new Array(30).fill('bad'),
  ]);
});

test('what cannot be scored, or says nothing, is refused in one sentence', async () => {
  const refused = async (...words: readonly string[]) => {
    const { code, stderr } = await vaekit(root, ['score', ...words]);
    expect(code, stderr).toBe(2);
    return stderr;
  };
  expect(await refused(run, '--data', 'new.csv', '--normal', 'good')).toContain(
    '--normal: samples of new have no classes, so nothing says which are anomalous; leave it out',
  );
  expect(await refused(run, '--data', 'known.csv', '--normal', 'fine')).toContain(
    '--normal fine: known has no such class; take of good, scratched',
  );
  expect(await refused(run, '--anomalies', 'bad.csv', '--normal', 'good')).toContain(
    '--normal has no effect beside --anomalies, which says what is anomalous; leave one out',
  );
  expect(await refused(run, '--neighbours', '3')).toContain(
    '--neighbours has no effect without --by knn; leave it out',
  );
  expect(await refused(run, '--draws', '3')).toContain(
    '--draws has no effect without --by nll or complexityCorrected or likelihoodRatio; leave it out',
  );
  expect(await refused(run, '--background', run)).toContain(
    '--background has no effect without --by likelihoodRatio; leave it out',
  );
  expect(await refused(run, '--by', 'likelihoodRatio')).toContain(
    '--by likelihoodRatio takes a second run to compare with; name one by --background',
  );
  expect(await refused(run, '--by', 'complexityCorrected')).toContain(
    '--by: complexityCorrected cannot be had: tables are no pictures to compress; take one of reconstruction',
  );
  expect(await refused(run, '--by', 'knn', '--neighbours', '1000')).toMatch(
    /--neighbours: 1000 are more than the 342 training samples; take fewer/,
  );
  expect(await refused(run, '-o', 'scores.txt')).toContain('end the name with one of');
});

test('a system without a bound is scored by its reconstructions, classes being its own or not', async () => {
  const plain = await trainShort(root, ['ae', '--data', 'pictures']);
  const card = await cardOf(plain.run, '--data', 'pictures', '--normal', 'blue');
  expect(card.scores.map(({ by }) => by)).toEqual(['reconstruction']);
  expect(byName(card)['auroc(reconstruction)'].value).not.toBeNull();
  const { code, stderr } = await vaekit(root, ['score', plain.run, '--by', 'nll']);
  expect(code).toBe(2);
  expect(stderr).toContain(
    '--by: nll cannot be had: ae has no posterior over codes; take one of reconstruction, mahalanobis, knn',
  );
});

test('pictures are scored against their own code, and against a run that was trained on spoilt ones', async () => {
  const words = ['vae', '--data', 'glyphs', '--size', '200', '--architecture', 'mlp', '--hidden', '16'];
  const flags = [...words, '--binarise', 'threshold', '--latent', '2'];
  const model = await trainShort(root, flags);
  const background = await trainShort(root, [...flags, '--perturb', '0.3']);
  const by = ['--by', 'nll,complexityCorrected,likelihoodRatio', '--draws', '4'];
  const card = await cardOf(model.run, ...by, '--background', background.run, '-o', 'corrected.csv');
  expect(card.scores.map(({ by: name }) => name)).toEqual(['nll', 'complexityCorrected', 'likelihoodRatio']);
  const rows = await cells(join(root, 'corrected.csv'));
  const lengths = rows.map((row) => Number(row.nll) / Math.LN2 - Number(row.complexityCorrected));
  // Whole bytes of a code, to the rounding of scores in the file.
  for (const length of lengths) expect(Math.abs(length / 8 - Math.round(length / 8))).toBeLessThan(0.01);
  expect(new Set(lengths.map(Math.round)).size).toBeGreaterThan(1);

  const otherwise = await trainShort(root, [...words, '--latent', '2']);
  const { code, stderr } = await vaekit(root, [
    ...['score', model.run, '--by', 'likelihoodRatio', '--draws', '2', '--background', otherwise.run],
  ]);
  expect(code, stderr).toBe(2);
  expect(stderr).toContain(
    '--background: cannot be compared with: it was trained with --binarise none and not threshold',
  );
});
