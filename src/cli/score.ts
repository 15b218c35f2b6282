/** `vaekit score RUN`: how unlike the training data each sample is, which are flagged, and, with known truth, how well that works. */
import type { Command } from 'commander';
import { z } from 'zod';
import { type Dataset, type Part, type Samples, splitDataset, UNKNOWN } from '../data/index.js';
import {
  ANOMALY_SCORES,
  type AnomalyScore,
  detectionMetrics,
  lacksScore,
  type Metric,
  openScorer,
  quantile,
  type SampleSource,
} from '../evaluation/index.js';
import { type LoadedRun, openRunData } from '../node/index.js';
import { formatNumber } from '../pictures/index.js';
import { partSource } from '../training/index.js';
import { anomaliesView } from '../views/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { columns, dim, note, print } from './output.js';
import {
  addCommonFlags,
  addRunFlags,
  type ChosenSamples,
  type RunFlags,
  requireDataFor,
  saveFigure,
  tell,
  withRun,
  withSamples,
} from './runFlags.js';
import { ARRAY_ENDINGS, type NamedArray, requireArrayEnding, writeArrays } from './writeArrays.js';

const scoreOptions = z.object({
  by: z
    .array(z.enum(ANOMALY_SCORES))
    .min(1)
    .optional()
    .describe('one or more of the scores (default: negativeElbo, or reconstruction where there is no bound)'),
  quantile: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.95)
    .describe('share of the normal samples of the validation part that is below the threshold'),
  anomalies: z
    .string()
    .optional()
    .describe(
      'data that are known to be anomalous, all others being normal: a path or a name, as for --data',
    ),
  normal: z.array(z.string()).optional().describe('classes that are normal, all others being anomalous'),
  neighbours: z.number().int().positive().optional().describe('knn: which neighbour’s distance (default: 5)'),
  draws: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'nll, complexityCorrected, likelihoodRatio: draws for each sample of the importance-weighted likelihood (default: 500)',
    ),
  background: z
    .string()
    .optional()
    .describe(
      'likelihoodRatio: run of a model of what any sample may have, such as one trained with --perturb; a folder or a name',
    ),
  seed: z.number().int().nonnegative().default(0).describe('key of all noise'),
});
type ScoreOptions = z.output<typeof scoreOptions>;

/** Scores by importance sampling. */
const DRAWN: readonly AnomalyScore[] = ['nll', 'complexityCorrected', 'likelihoodRatio'];
/** Samples that are read at a time for their labels. */
const CHUNK = 4096;
const MOST_LISTED = 10;
const MOST_DRAWN = 32;

export function defineScore(command: Command): void {
  addRunFlags(command, { usesData: true });
  command.option(
    '-o, --output <file>',
    `file to write: ${ARRAY_ENDINGS.join(', ')} (default: scores.csv of the run)`,
  );
  addFlags(command, scoreOptions, 'Scores:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const options = readFlags(scoreOptions, typed);
    requireSense(options);
    if (typed.output !== undefined) requireArrayEnding(typed.output);
    if (options.anomalies === undefined) requireDataFor(typed);
    await withRun(name, typed, (run) =>
      withBackground(options.background, typed, (background) =>
        withSets(run, typed, options.anomalies, (sets) =>
          scoreAll({ run, background, sets }, typed, options),
        ),
      ),
    );
  });
}

/** @throws UsageError naming flags that say nothing together */
function requireSense({ by, anomalies, normal, neighbours, draws, background }: ScoreOptions): void {
  if (anomalies !== undefined && normal)
    throw new UsageError(
      '--normal has no effect beside --anomalies, which says what is anomalous; leave one out',
    );
  if (neighbours !== undefined && !by?.includes('knn'))
    throw new UsageError('--neighbours has no effect without --by knn; leave it out');
  if (draws !== undefined && !by?.some((score) => DRAWN.includes(score)))
    throw new UsageError(`--draws has no effect without --by ${DRAWN.join(' or ')}; leave it out`);
  if (background !== undefined && !by?.includes('likelihoodRatio'))
    throw new UsageError('--background has no effect without --by likelihoodRatio; leave it out');
  if (background === undefined && by?.includes('likelihoodRatio'))
    throw new UsageError('--by likelihoodRatio takes a second run to compare with; name one by --background');
}

/** Loads the run to compare likelihoods with, if there is one, for as long as `f` takes. */
function withBackground<T>(
  name: string | undefined,
  typed: RunFlags,
  f: (background: LoadedRun | undefined) => Promise<T>,
): Promise<T> {
  return name === undefined ? f(undefined) : withRun(name, typed, f);
}

/** Opens the samples, and those that are known to be anomalous, for as long as `f` takes. */
function withSets<T>(
  run: LoadedRun,
  typed: RunFlags,
  anomalies: string | undefined,
  f: (sets: readonly ChosenSamples[]) => Promise<T>,
): Promise<T> {
  // What the model is told must be classes that it knows.
  const options = { hasOwnClasses: !run.model.runner.isConditional };
  return withSamples(
    run,
    typed,
    (samples) =>
      anomalies === undefined
        ? f([samples])
        : withSamples(run, { ...typed, data: anomalies }, (others) => f([samples, others]), options),
    options,
  );
}

interface Opened {
  readonly run: LoadedRun;
  readonly background: LoadedRun | undefined;
  readonly sets: readonly ChosenSamples[];
}

async function scoreAll(opened: Opened, typed: RunFlags, options: ScoreOptions): Promise<void> {
  const { run, sets } = opened;
  const { folder, model } = run;
  const { by = [defaultScore(run)], normal, anomalies } = options;
  const places = sets.flatMap((samples, set) => range(samples.size).map((at) => ({ samples, set, at })));
  const isAnomalous = normal
    ? await outsideClasses(sets[0], normal)
    : anomalies === undefined
      ? undefined
      : places.map(({ set }) => set === 1);
  const own = await openRunData(folder);
  try {
    const parts = await normalParts(own, normal);
    const results: Scored[] = [];
    for (const score of by) {
      note(dim(`scoring by ${score} …`));
      results.push(await scored(opened, { own, parts, score, options }));
    }
    const output = typed.output ?? folder.file('scores.csv');
    const ids = places.map(({ samples, at }) => samples.idOf(at));
    await writeArrays(output, arraysOf(results, sets, isAnomalous), ids);
    const metrics = results.flatMap((result) => detection(result, isAnomalous, options.seed));
    const pictures: string[] = [];
    for (const result of results) {
      const order = highestFirst(result.scores);
      const shown = order.slice(0, MOST_DRAWN).map((n) => places[n]);
      const figure = await anomaliesView(model, {
        ...result,
        scoreName: result.by,
        isAnomalous,
        highest: await readAll(run, shown),
      });
      const path = folder.file('pictures', `scores-${result.by}.png`);
      await saveFigure(figure, path);
      pictures.push(path);
      if (typed.json) continue;
      for (const line of summary(
        result,
        order.slice(0, MOST_LISTED).map((n) => [ids[n], result.scores[n]]),
      ))
        print(line);
    }
    if (!typed.json) for (const line of metricLines(metrics)) print(line);
    tell(output, typed.json, {
      samples: places.length,
      pictures,
      scores: results.map(({ by: name, estimator, threshold, validation, scores }) => ({
        by: name,
        estimator,
        threshold,
        quantile: options.quantile,
        validationSamples: validation.length,
        flagged: scores.filter((score) => score > threshold).length,
      })),
      seed: options.seed,
      metrics,
    });
  } finally {
    await own.close();
  }
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function defaultScore({ model: { runner } }: LoadedRun): AnomalyScore {
  return lacksScore(runner, 'negativeElbo') === undefined ? 'negativeElbo' : 'reconstruction';
}

interface Scored {
  readonly by: AnomalyScore;
  readonly estimator: string;
  readonly scores: Float64Array;
  /** Of the normal samples of the validation part. */
  readonly validation: Float64Array;
  readonly threshold: number;
}

interface Parts {
  readonly train: Part;
  readonly validation: Part;
}

async function scored(
  { run, background, sets }: Opened,
  {
    own,
    parts,
    score: by,
    options,
  }: {
    readonly own: Dataset;
    readonly parts: Parts;
    readonly score: AnomalyScore;
    readonly options: ScoreOptions;
  },
): Promise<Scored> {
  const { model, engine } = run;
  const { neighbours, draws, seed } = options;
  const training = seenBy(run, partSource(own, parts.train));
  const { estimator, score } = await openScorer({
    runner: model.runner,
    engine,
    training,
    by,
    background: background?.model.runner,
    neighbours,
    draws,
    seed,
  });
  const validation = await score(seenBy(run, partSource(own, parts.validation)));
  const threshold = quantile(validation.slice().sort(), options.quantile);
  if (!Number.isFinite(threshold))
    throw new UsageError(
      `--quantile ${options.quantile}: the model gives no finite ${by} for so many samples of its validation part that there is no threshold; take a smaller one, or another score`,
    );
  const all: number[] = [];
  for (const samples of sets) for (const each of await score(seenBy(run, sourceOf(samples)))) all.push(each);
  return { by, estimator, validation, threshold, scores: Float64Array.from(all) };
}

function sourceOf(samples: ChosenSamples): SampleSource {
  return { size: samples.size, read: (start, count) => samples.read(range(count).map((i) => start + i)) };
}

/** Samples with their classes only where the model must be told them. */
function seenBy(run: LoadedRun, source: SampleSource): SampleSource {
  if (run.model.runner.isConditional) return source;
  return {
    size: source.size,
    read: async (start, count) => {
      const { x } = await source.read(start, count);
      return { x };
    },
  };
}

/** Training and validation part of the run's own data: what of them is normal, where classes say so. */
async function normalParts(own: Dataset, normal: readonly string[] | undefined): Promise<Parts> {
  const { train, validation } = splitDataset(own);
  const wanted = new Set(
    (normal ?? []).map((name) => own.classes?.indexOf(name) ?? -1).filter((label) => label >= 0),
  );
  if (wanted.size === 0) return { train, validation };
  const within = async (part: Part): Promise<Part> => {
    const kept: number[] = [];
    for (let start = 0; start < part.size; start += CHUNK) {
      const indices = range(Math.min(CHUNK, part.size - start)).map((i) => part.at(start + i));
      const { labels = [] } = await own.read(indices);
      indices.forEach((index, i) => {
        if (wanted.has(labels[i])) kept.push(index);
      });
    }
    return { size: kept.length, at: (position) => kept[position] };
  };
  const parts = { train: await within(train), validation: await within(validation) };
  const empty = (['train', 'validation'] as const).find((name) => parts[name].size === 0);
  if (!empty) return parts;
  throw new UsageError(
    `--normal ${normal?.join(',')}: the ${empty === 'train' ? 'training' : empty} part of the run has no sample of these classes; name more of them, or train on more data`,
  );
}

/** Whether each sample is of a class that is not normal; undefined where its class is not known. */
async function outsideClasses(
  samples: ChosenSamples,
  normal: readonly string[],
): Promise<(boolean | undefined)[]> {
  const { classes, name } = samples;
  if (!classes)
    throw new UsageError(
      `--normal: samples of ${name} have no classes, so nothing says which are anomalous; leave it out`,
    );
  const wrong = normal.find((each) => !classes.includes(each));
  if (wrong !== undefined)
    throw new UsageError(`--normal ${wrong}: ${name} has no such class; take of ${classes.join(', ')}`);
  const result: (boolean | undefined)[] = [];
  for (let start = 0; start < samples.size; start += CHUNK) {
    const positions = range(Math.min(CHUNK, samples.size - start)).map((i) => start + i);
    const { labels = [] } = await samples.read(positions);
    for (const label of labels) result.push(label === UNKNOWN ? undefined : !normal.includes(classes[label]));
  }
  return result;
}

/** Positions, the highest score first. */
function highestFirst(scores: Float64Array): number[] {
  return range(scores.length).sort((a, b) => scores[b] - scores[a] || a - b);
}

async function readAll(
  run: LoadedRun,
  places: readonly { readonly samples: ChosenSamples; readonly at: number }[],
): Promise<Samples> {
  const rows: Samples[] = [];
  for (const { samples, at } of places) rows.push(await samples.read([at]));
  const [first] = rows;
  const x = first.x.slice(0, 0).constructor as new (length: number) => typeof first.x;
  const all = new x(rows.reduce((sum, row) => sum + row.x.length, 0));
  rows.forEach((row, i) => {
    all.set(row.x, i * first.x.length);
  });
  const labels = rows.flatMap((row) => Array.from(row.labels ?? []));
  return run.model.runner.isConditional ? { x: all, labels: Int32Array.from(labels) } : { x: all };
}

function arraysOf(
  results: readonly Scored[],
  sets: readonly ChosenSamples[],
  isAnomalous: readonly (boolean | undefined)[] | undefined,
): NamedArray[] {
  const arrays: NamedArray[] = results.flatMap(({ by, scores, threshold }) => [
    { name: by, data: Float32Array.from(scores), shape: [scores.length] },
    {
      name: results.length === 1 ? 'flagged' : `${by}.flagged`,
      data: Int32Array.from(scores, (score) => Number(score > threshold)),
      shape: [scores.length],
    },
  ]);
  if (isAnomalous) {
    const data = Int32Array.from(isAnomalous, (is) => (is === undefined ? UNKNOWN : Number(is)));
    arrays.push({ name: 'anomalous', data, shape: [data.length] });
  }
  if (sets.length > 1) {
    const data = Int32Array.from(sets.flatMap(({ size }, set) => new Array<number>(size).fill(set)));
    arrays.push({ name: 'data', data, shape: [data.length], names: sets.map(({ name }) => name) });
  }
  return arrays;
}

function detection(
  { by, scores, threshold }: Scored,
  isAnomalous: readonly (boolean | undefined)[] | undefined,
  seed: number,
): Metric[] {
  if (!isAnomalous) return [];
  return detectionMetrics({
    scores: scores.filter((_, n) => isAnomalous[n] !== undefined),
    isAnomalous: isAnomalous.filter((is) => is !== undefined),
    threshold,
    by,
    seed,
  });
}

function summary(
  { by, threshold, scores, validation }: Scored,
  highest: readonly (readonly [id: string, score: number])[],
): string[] {
  const flagged = scores.filter((score) => score > threshold).length;
  return [
    `${by}: ${flagged} of ${scores.length} samples are above ${formatNumber(threshold, 5)}, the threshold by ${validation.length} normal samples`,
    ...columns(
      highest.map(([id, score]) => [`  ${id}`, formatNumber(score, 5), score > threshold ? 'flagged' : '']),
    ),
  ];
}

function metricLines(metrics: readonly Metric[]): string[] {
  return columns(
    metrics.map(({ name, value, interval, estimator, reason, n, options }) => {
      const between = interval ? ` (${interval.map((each) => formatNumber(each, 4)).join(' to ')})` : '';
      const prevalence =
        options.prevalence === undefined ? '' : `, prevalence ${formatNumber(Number(options.prevalence), 3)}`;
      const about = reason ?? `${estimator}${prevalence}, ${n} samples`;
      return [name, value === null ? '—' : `${formatNumber(value, 4)}${between}`, about];
    }),
  );
}
