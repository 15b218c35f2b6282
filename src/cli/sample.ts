/** `vaekit sample RUN`: new samples out of the prior. */
import type { Command } from 'commander';
import { z } from 'zod';
import { DataError, type Samples } from '../data/index.js';
import type { LoadedRun } from '../node/index.js';
import { findSystem, requiresLabels } from '../systems/index.js';
import { samplesView } from '../views/index.js';
import { sentenceOf } from './errors.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { dim, note } from './output.js';
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
  addFigureOutput(command, 'samples', ARRAY_ENDINGS);
  addFlags(command, sampleOptions, 'Samples:');
  addCommonFlags(command, { usesData: false });
  command.action(async (name: string, typed: RunFlags) => {
    const { seed, label, values, temperature, ...given } = readFlags(sampleOptions, typed);
    const kind = outputKind(typed.output, ARRAY_ENDINGS);
    await withRun(name, typed, async (run) => {
      const { model, folder } = run;
      const { config } = folder;
      const { spec } = config.data;
      if (!model.canSample) {
        throw new UsageError(
          `${config.system} has no prior over its codes, so there is nothing to draw from; train a vae, or look at vaekit interpolate ${name}`,
        );
      }
      const isShownTable = kind === 'figure' && spec.kind === 'table';
      const { count = isShownTable ? DEFAULT_ROWS : DEFAULT_COUNT } = given;
      const labels = labelsFor(run, label, count);
      const output = typed.output ?? folder.file('pictures', 'samples.png');
      if (kind === 'figure') {
        const data = isShownTable ? await rowsToCompare(run, typed) : undefined;
        return writeFigure(
          await samplesView(model, { count, labels, seed, values, temperature, data }),
          output,
          typed.json,
        );
      }
      const { x, codes } = await model.sample(count, { labels, seed, values, temperature });
      const { classes } = config.data;
      await writeSamples(output, spec, x, {
        codes: { data: codes, shape: model.codeShape },
        labels,
        classes,
      });
      tell(output, typed.json, {
        samples: count,
        seed,
        ...(temperature === undefined ? {} : { temperature }),
      });
    });
  });
}

/** A class for each sample; none where the system is not conditioned on them. */
function labelsFor(
  { folder: { config } }: LoadedRun,
  label: string | undefined,
  count: number,
): Int32Array | undefined {
  const { classes } = config.data;
  if (!requiresLabels(findSystem(config.system), config.options) || !classes) {
    if (label === undefined) return undefined;
    throw new UsageError(
      `--label: ${config.system} is not conditioned on classes; leave it out, or train a cvae`,
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
