/** `vaekit impute RUN`: what is missing of samples, filled in from what is there. */
import { extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Hiding, hidden, pictureOf, type SampleSpec, type Samples } from '../data/index.js';
import { type ImputationError, imputationErrors, observedSource } from '../evaluation/index.js';
import { type Imputation, imputationMethods, impute } from '../inference/index.js';
import { formatNumber } from '../pictures/index.js';
import { imputationView } from '../views/index.js';
import { readDataFlags } from './dataFlags.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { columns, print, warn } from './output.js';
import {
  addCommonFlags,
  addFigureOutput,
  addRunFlags,
  type ChosenSamples,
  choiceOfSamples,
  outputKind,
  positionsOf,
  type RunFlags,
  requireDataFor,
  requireOneChoice,
  saveFigure,
  tell,
  withRun,
  withSamples,
} from './runFlags.js';
import { ARRAY_ENDINGS, writeArrays, writeSamples } from './writeArrays.js';

const DEFAULT_COUNT = 10;
/** Effective samples below which a mean hangs on single codes. */
const RELIABLE = 5;

const imputeOptions = z.object({
  method: z
    .enum(imputationMethods)
    .default('importance')
    .describe(
      'importance: codes weighed by how well they explain what is there; gibbs: code and holes drawn in turn, right as far as the encoder is exact; metropolis: the same, with codes that are accepted or not, right in the end',
    ),
  draws: z
    .number()
    .int()
    .positive()
    .default(5)
    .describe('completed versions of each sample, beside their mean'),
  samples: z
    .number()
    .int()
    .positive()
    .default(500)
    .describe('codes that are tried for each sample, or rounds of a chain'),
  values: z
    .enum(['mean', 'draw'])
    .optional()
    .describe('of draws: means given a code, or drawn as well (default: mean for pictures, draw for tables)'),
  hide: z
    .string()
    .optional()
    .describe(
      'what to hide, to see how well it is found: half, box, random=SHARE, or columns of a table by name (NAME,NAME)',
    ),
  ...choiceOfSamples(`${DEFAULT_COUNT}, or all into a file to use`),
  seed: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('key of the draws, and of what is hidden at random'),
});

export function defineImpute(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'imputations', { arrays: ARRAY_ENDINGS });
  addFlags(command, imputeOptions, 'Imputation:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { hide, count, index, ...options } = readFlags(imputeOptions, typed);
    const kind = outputKind(typed.output, ARRAY_ENDINGS);
    requireOneChoice({ count, index });
    const hiding = hide === undefined ? undefined : hidingOf(hide);
    requireDataFor(typed);
    if (readDataFlags(typed).missing)
      throw new UsageError('--missing: impute keeps cells that are missing to fill them in; leave it out');
    const chosen = { fillsHoles: true };
    await withRun(name, typed, (run) =>
      withSamples(
        run,
        typed,
        async (samples) => {
          const { model, folder } = run;
          const { spec } = folder.config.data;
          if (kind === 'figure' && spec.kind !== 'image')
            throw new UsageError(
              `impute draws pictures, and ${folder.name} is of none; name a file to use with -o, such as imputed.csv`,
            );
          const most = count ?? (kind === 'figure' ? DEFAULT_COUNT : samples.size);
          const positions = positionsOf(index, most, samples);
          const read = await samples.read(positions);
          const source = { size: positions.length, read: async () => read };
          const truth = await observedSource(model.runner, source, options.seed).read(0, positions.length);
          const observed = observedOf(truth, hiding && hidden(spec, positions.length, hiding, options.seed));
          if (!observed.includes(0))
            throw new UsageError(
              `nothing is missing in ${samples.name}; leave cells empty or NaN, or make holes with --hide`,
            );
          const found = await impute(model, truth, { ...options, observed });
          const missing = observed.map((mark, i) => Number(mark === 0 && !Number.isNaN(truth.x[i])));
          const errors = missing.includes(1)
            ? imputationErrors(spec, { truth: truth.x, completed: completedOf(found, spec), missing })
            : [];
          const quality = qualityOf(found, options);
          if (
            quality.some(({ name: measured, median }) => measured === 'effectiveSamples' && median < RELIABLE)
          )
            warn(
              'few codes carry nearly all the weight; ask for more --samples, or take --method metropolis',
            );
          const output = typed.output ?? folder.file('pictures', 'imputations.png');
          if (kind === 'figure') {
            const caption = captionOf(errors, quality);
            const figure = imputationView(model, truth, { observed, found, caption });
            if (figure) await saveFigure(figure, output);
          } else {
            const { draws } = options;
            const { labels } = truth;
            await writeCompleted(output, found, { spec, samples, positions, labels, observed, draws });
          }
          if (!typed.json) for (const line of table(errors, quality)) print(line);
          tell(output, typed.json, {
            samples: positions.length,
            missing: observed.reduce((sum, mark) => sum + (1 - mark), 0),
            ...Object.fromEntries(quality.map((each) => [each.name, each.median])),
            errors,
          });
        },
        chosen,
      ),
    );
  });
}

/** @throws UsageError if it says nothing of the sort */
function hidingOf(typed: string): Hiding {
  if (typed === 'half' || typed === 'box') return { kind: typed };
  const share = /^random=(.*)$/.exec(typed)?.[1];
  if (share === undefined) return { kind: 'columns', names: typed.split(',') };
  const value = Number(share);
  if (value > 0 && value <= 1) return { kind: 'random', share: value };
  throw new UsageError(
    `--hide ${typed}: the share to hide is a number above 0 and up to 1, as in random=0.5`,
  );
}

/** What is known: what is not NaN, and not hidden. */
function observedOf({ x }: Samples, stays: Uint8Array | undefined): Uint8Array {
  return Uint8Array.from(x, (value, i) => Number(!Number.isNaN(value) && stays?.[i] !== 0));
}

/** Means in stored units, those of pictures not rounded to levels. */
function completedOf({ mean, expectation }: Imputation, spec: SampleSpec): Float32Array {
  const picture = pictureOf(spec);
  if (!picture) return mean;
  const [low, high] = picture.range;
  return expectation.map((intensity) => low + (high - low) * intensity);
}

interface Quality {
  readonly name: 'effectiveSamples' | 'acceptance';
  readonly text: string;
  /** The middle one of all samples. */
  readonly median: number;
}

function qualityOf(
  { effectiveSamples, acceptance }: Imputation,
  { samples }: { samples: number },
): Quality[] {
  const median = (values: Float32Array) => {
    const sorted = values.filter((value) => !Number.isNaN(value)).sort();
    return sorted[Math.floor(sorted.length / 2)];
  };
  return [
    ...(effectiveSamples
      ? [
          {
            name: 'effectiveSamples' as const,
            text: `effective samples of ${samples}`,
            median: median(effectiveSamples),
          },
        ]
      : []),
    ...(acceptance
      ? [{ name: 'acceptance' as const, text: 'codes accepted', median: median(acceptance) }]
      : []),
  ];
}

const KIND_TEXT = { rmse: 'root mean squared error', error: 'share of wrong categories' } as const;

/** What stands above the pictures. */
function captionOf(errors: readonly ImputationError[], quality: readonly Quality[]): string {
  const facts = [
    ...errors.map(({ kind, value }) => `${KIND_TEXT[kind]} of a missing pixel ${formatNumber(value, 3)}`),
    ...quality.map(({ text, median }) => `median of ${text}: ${formatNumber(median, 3)}`),
  ].join('; ');
  return `${facts.charAt(0).toUpperCase()}${facts.slice(1)}`;
}

function table(errors: readonly ImputationError[], quality: readonly Quality[]): string[] {
  const number = (value: number | undefined) => (value === undefined ? '—' : formatNumber(value, 4));
  const header = ['column', 'missing', 'error', 'of its mean', 'measured as'];
  const rows = errors.map(({ column = 'pixels', missing, kind, value, baseline }) => [
    column,
    String(missing),
    number(value),
    number(baseline),
    KIND_TEXT[kind],
  ]);
  return [
    ...(rows.length > 0 ? columns([header, ...rows]) : []),
    ...quality.map(({ text, median }) => `${text}: ${formatNumber(median, 3)} (median)`),
  ];
}

interface Completed {
  readonly spec: SampleSpec;
  readonly samples: ChosenSamples;
  readonly positions: readonly number[];
  readonly labels?: Int32Array;
  readonly observed: Uint8Array;
  readonly draws: number;
}

/** Rows of a table one below the other, the mean and then the draws of each; of all else arrays. */
async function writeCompleted(
  path: string,
  { mean, draws: drawn, effectiveSamples, acceptance }: Imputation,
  { spec, samples, positions, labels, observed, draws }: Completed,
): Promise<void> {
  const ids = positions.map(samples.idOf);
  const count = positions.length;
  if (spec.kind === 'table' && !['.npz', '.npy'].includes(extname(path).toLowerCase())) {
    const width = spec.columns.length;
    const rows = new Float32Array(count * (draws + 1) * width);
    for (let i = 0; i < count; i++) {
      rows.set(mean.subarray(i * width, (i + 1) * width), i * (draws + 1) * width);
      rows.set(drawn.subarray(i * draws * width, (i + 1) * draws * width), (i * (draws + 1) + 1) * width);
    }
    const names = ['mean', ...Array.from({ length: draws }, (_, d) => String(d + 1))];
    const each = <T>(values: ArrayLike<T>) =>
      Array.from({ length: count * names.length }, (_, i) => values[Math.floor(i / names.length)]);
    return writeSamples(path, spec, rows, {
      ids: each(ids),
      versions: positions.flatMap(() => names),
      labels: labels && Int32Array.from(each(labels)),
      classes: samples.classes,
    });
  }
  // Levels were rounded already, so nothing is lost.
  const stored = (x: Float32Array) => (spec.dtype === 'uint8' ? Uint8Array.from(x) : x);
  const quality = Object.entries({ effectiveSamples, acceptance }).flatMap(([name, data]) =>
    data ? [{ name, data, shape: [count] }] : [],
  );
  return writeArrays(
    path,
    [
      { name: 'x', data: stored(mean), shape: [count, ...spec.shape] },
      { name: 'draws', data: stored(drawn), shape: [count, draws, ...spec.shape] },
      { name: 'observed', data: observed, shape: [count, ...spec.shape] },
      ...quality,
      ...(labels ? [{ name: 'label', data: labels, shape: [count], names: samples.classes }] : []),
    ],
    ids,
  );
}
