/** `vaekit sample RUN`: new samples out of the prior. */
import type { Command } from 'commander';
import { z } from 'zod';
import { DataError, type Samples } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import { type LoadedRun, usePrior } from '../node/index.js';
import type { RunConfig } from '../node/runs/config.js';
import type { Figure } from '../pictures/index.js';
import { nearestView, priorsView, samplesView } from '../views/index.js';
import { sentenceOf } from './errors.js';
import { UsageError } from './exit.js';
import { addFlags, describeFlags, readFlags } from './flags.js';
import { dim, note, ProgressBar } from './output.js';
import {
  addCommonFlags,
  addFigureOutput,
  addRunFlags,
  outputKind,
  positionsOf,
  type RunFlags,
  tell,
  withRun,
  withSamples,
  withTraining,
  writeFigure,
} from './runFlags.js';
import { ARRAY_ENDINGS, writeSamples } from './writeArrays.js';

const sampleOptions = z.object({
  count: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('number of samples (default: 64; 2000 of a table to look at)'),
  seed: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('key of the draws: the same seed gives the same samples'),
  values: z
    .enum(['mean', 'draw'])
    .optional()
    .describe('the mean of the likelihood, or a draw from it (default: mean for pictures, draw for tables)'),
  prior: z
    .array(z.string())
    .optional()
    .describe(
      'a prior that vaekit fit-prior has fitted, or several to compare, own being that of the system (default: own)',
    ),
  nearest: z
    .boolean()
    .default(false)
    .describe('pictures: draw each sample above the training sample that is nearest to it'),
  temperature: z
    .number()
    .positive()
    .optional()
    .describe(
      'factor of the deviations of the prior: below 1, likelier samples and fewer kinds (default: 1, or the system’s own)',
    ),
  label: z
    .string()
    .optional()
    .describe('class to draw, by name, for systems that are conditioned on one (default: all in turn)'),
});

const DEFAULT_COUNT = 64;
/** A distribution takes more samples to see than a picture. */
const DEFAULT_ROWS = 2000;

export function defineSample(command: Command): void {
  addRunFlags(command, { usesData: false });
  addFigureOutput(command, 'samples', { arrays: ARRAY_ENDINGS });
  addFlags(command, sampleOptions, 'Samples:');
  addCommonFlags(command, { usesData: false });
  command.action(async (name: string, typed: RunFlags) => {
    const options = readFlags(sampleOptions, typed);
    const kind = outputKind(typed.output, ARRAY_ENDINGS);
    requireFigure(options, kind);
    await withRun(name, typed, async (run) => {
      const { prior: priors = [OWN] } = options;
      const models = await modelsOf(run, name, priors);
      const output = typed.output ?? run.folder.file('pictures', `${fileName(options)}.png`);
      if (kind === 'figure')
        await writeFigure(await figureOf(run, models, options, typed), output, typed.json);
      else await writeArrays(run, models[0][1], options, output, typed);
    });
  });
}

type SampleFlags = z.output<typeof sampleOptions>;
type NamedModel = readonly [name: string, model: TrainedModel];

/** The system's own prior, among the names of others. */
const OWN = 'own';
/** Samples of each where several priors are compared. */
const COMPARED = 12;
const SHOWN_WITH_NEAREST = 20;

function requireFigure({ nearest, prior = [] }: SampleFlags, kind: 'figure' | 'arrays'): void {
  if (kind === 'figure') return;
  if (nearest) throw new UsageError('--nearest is a figure; end the name of the output with .png or .svg');
  if (prior.length > 1)
    throw new UsageError(
      '--prior: several are compared in a figure; end its name with .png or .svg, or name one',
    );
}

/** The figure of a fitted prior stands beside that of the run's own. */
function fileName({ prior = [OWN], nearest }: SampleFlags): string {
  const names = prior.filter((each) => each !== OWN || prior.length > 1);
  return [nearest ? 'nearest' : 'samples', ...names].join('-');
}

async function modelsOf(run: LoadedRun, name: string, priors: readonly string[]): Promise<NamedModel[]> {
  const models: NamedModel[] = [];
  for (const prior of priors)
    models.push([prior, prior === OWN ? ownModel(run, name) : await fittedModel(run, prior)]);
  return models;
}

function ownModel(run: LoadedRun, name: string): TrainedModel {
  const { model, folder } = run;
  if (model.canSample) return model;
  throw new UsageError(
    `${folder.config.system} has no prior over its codes, so there is nothing to draw from; ${wayOut(run, name)}`,
  );
}

/** What to do where the system has no prior. */
function wayOut({ model }: LoadedRun, name: string): string {
  const fit = `fit one: vaekit fit-prior ${name} normal`;
  if (model.canRollOut) return `let it go on from what it has seen: vaekit rollout ${name}, or ${fit}`;
  const { options } = model.runner.settings.system;
  const posteriors = describeFlags(options).find(({ flag }) => flag.startsWith('--posterior '));
  if (posteriors?.choices?.includes('gaussian')) return `train it with --posterior gaussian, or ${fit}`;
  return `train a vae, or ${fit}`;
}

async function figureOf(
  run: LoadedRun,
  models: readonly NamedModel[],
  { seed, label, values, temperature, nearest, count: asked }: SampleFlags,
  typed: RunFlags,
): Promise<Figure> {
  const { config } = run.folder;
  const [[, model]] = models;
  const isTable = config.data.spec.kind !== 'image';
  if (isTable && (nearest || models.length > 1))
    throw new UsageError(`--${nearest ? 'nearest' : 'prior'}: only pictures are compared; name one prior`);
  if (models.length > 1)
    return priorsView(models, {
      count: asked ?? COMPARED,
      seed,
      temperature,
      labelsFor: (each, count) => labelsFor(each, config, label, count),
    });
  const count = asked ?? (nearest ? SHOWN_WITH_NEAREST : isTable ? DEFAULT_ROWS : DEFAULT_COUNT);
  const labels = labelsFor(model, config, label, count);
  const { prior: own } = priorName(model);
  if (own) note(dim(`codes are drawn from a prior that is ${own}`));
  if (nearest)
    return withTraining(run, (training) =>
      nearestView(model, training, { count, labels, seed, temperature }),
    );
  const data = isTable ? await rowsToCompare(run, typed) : undefined;
  return samplesView(model, { count, labels, seed, values, temperature, data });
}

async function writeArrays(
  { folder: { config } }: LoadedRun,
  model: TrainedModel,
  { seed, label, values, temperature, count = DEFAULT_COUNT }: SampleFlags,
  output: string,
  { json }: RunFlags,
): Promise<void> {
  const { spec, classes } = config.data;
  const labels = labelsFor(model, config, label, count);
  const { x, codes } = await model.sample(count, { labels, seed, values, temperature });
  await writeSamples(output, spec, x, { codes: { data: codes, shape: model.codeShape }, labels, classes });
  tell(output, json, {
    samples: count,
    seed,
    ...(temperature === undefined ? {} : { temperature }),
    ...priorName(model),
  });
}

/** The model with one of the run's fitted priors, which shows how far a draw in many steps has come. */
async function fittedModel(run: LoadedRun, prior: string): Promise<TrainedModel> {
  let bar: ProgressBar | undefined;
  const { model } = await usePrior(run, prior, {
    onProgress: (done, total) => {
      bar ??= new ProgressBar(total, 0);
      if (done < total) bar.update(done, 'positions');
      else bar.end();
    },
  });
  return model;
}

/** What the prior of codes made of indices is, where that is not the system's own. */
function priorName(model: TrainedModel): { prior?: string } {
  const { discrete, prior } = model.runner.build();
  const name = discrete && prior?.(1).name;
  return name ? { prior: name } : {};
}

/** A class for each sample; none where the system is not conditioned on them. */
function labelsFor(
  { runner }: TrainedModel,
  config: RunConfig,
  label: string | undefined,
  count: number,
): Int32Array | undefined {
  const { classes } = config.data;
  if (!runner.isConditional || !classes) {
    if (label === undefined) return undefined;
    throw new UsageError(
      `--label: ${config.system} is not conditioned on classes; leave it out, train a cvae, or fit a prior with --conditional`,
    );
  }
  if (label === undefined) return Int32Array.from({ length: count }, (_, i) => i % classes.length);
  const index = classes.indexOf(label);
  if (index < 0) throw new UsageError(`--label ${label}: the classes are ${classes.join(', ')}`);
  return new Int32Array(count).fill(index);
}

/** Rows of the run's own data to draw beside the samples, if they can still be read. */
async function rowsToCompare(run: LoadedRun, typed: RunFlags): Promise<Samples | undefined> {
  try {
    return await withSamples(run, typed, (samples) =>
      samples.read(positionsOf(undefined, DEFAULT_ROWS, samples)),
    );
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    note(dim(`drawn without the data to compare with: ${sentenceOf(error)}`));
    return undefined;
  }
}
