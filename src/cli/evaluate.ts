/** `vaekit evaluate RUN`: what the model is worth in numbers, each with how it was measured. */
import type { Command } from 'commander';
import { z } from 'zod';
import { splitDataset } from '../data/index.js';
import {
  METRIC_GROUPS,
  type Measurement,
  type Metric,
  type MetricGroup,
  measure,
  type SampleSource,
} from '../evaluation/index.js';
import { openRunData, usePrior, version, writeFileWhole } from '../node/index.js';
import { formatNumber } from '../pictures/index.js';
import { measurePrior } from '../priors/index.js';
import { partSource } from '../training/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { columns, dim, note, ProgressBar, print, printJson } from './output.js';
import {
  addCommonFlags,
  addRunFlags,
  type ChosenSamples,
  type RunFlags,
  withRun,
  withSamples,
} from './runFlags.js';

const evaluateOptions = z.object({
  metrics: z
    .array(z.enum(METRIC_GROUPS))
    .optional()
    .describe(
      'which to measure (default: all; beside a prior: how likely it finds codes, and of indices how they are used)',
    ),
  prior: z
    .string()
    .optional()
    .describe('a prior that vaekit fit-prior has fitted, in the place of the system’s own'),
  draws: z
    .number()
    .int()
    .positive()
    .default(5000)
    .describe('draws for each sample of the importance-weighted likelihood'),
  chunk: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('of those, how many at once (default: as many as suit)'),
  probeLabels: z
    .array(z.number().int().min(2))
    .optional()
    .describe(
      'labelled training samples that classifiers of codes are fitted on (default: 10,100,1000,10000)',
    ),
  baselines: z
    .boolean()
    .default(false)
    .describe(
      'beside classifiers of codes (probe, knn), those of the samples themselves, of their principal components, and of an untrained encoder',
    ),
  clusters: z
    .number()
    .int()
    .min(2)
    .optional()
    .describe('clusters that k-means of codes looks for (default: as many as there are classes)'),
  limit: z.number().int().positive().optional().describe('most samples, from the first (default: all)'),
  seed: z.number().int().nonnegative().default(0).describe('key of all noise'),
});

export function defineEvaluate(command: Command): void {
  addRunFlags(command, { usesData: true });
  command.option('-o, --output <file>', 'file to write (default: evaluation.json of the run)');
  addFlags(command, evaluateOptions, 'Metrics:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { metrics: asked, prior, ...options } = readFlags(evaluateOptions, typed);
    if (options.baselines) requireGroup('--baselines', ['probe', 'knn'], asked);
    if (options.clusters !== undefined) requireGroup('--clusters', ['clusters'], asked);
    await withRun(name, typed, (run) =>
      withSamples(run, typed, async (samples) => {
        const { folder, engine } = run;
        const fitted = prior === undefined ? undefined : await usePrior(run, prior);
        const groups = asked ?? (fitted ? besidePrior(fitted.fitted.codes.kind) : undefined);
        let bar: ProgressBar | undefined;
        const own = await openRunData(folder);
        try {
          const training = partSource(own, splitDataset(own).train);
          const ofCodes = fitted
            ? await measurePrior(fitted.model, fitted.fitted, sourceOf(samples), options)
            : [];
          const measured = await measure({
            runner: (fitted?.model ?? run.model).runner,
            engine,
            source: sourceOf(samples),
            training,
            groups,
            ...options,
            onGroup: (group) => note(dim(`measuring ${group} …`)),
            onProgress: (done, total) => {
              bar ??= new ProgressBar(total, 0);
              if (done < total) bar.update(done, 'samples');
              else bar.end();
            },
          });
          const measurement = { ...measured, metrics: [...ofCodes, ...measured.metrics] };
          const card = {
            vaekit: version,
            run: folder.name,
            system: folder.config.system,
            data: samples.name,
            ...(prior === undefined ? {} : { prior }),
            ...(typed.data === undefined ? { fingerprint: own.fingerprint, part: 'test' } : {}),
            samples: Math.min(options.limit ?? samples.size, samples.size),
            seed: options.seed,
            ...measurement,
          };
          const path =
            typed.output ?? folder.file(prior === undefined ? 'evaluation.json' : `evaluation-${prior}.json`);
          await writeFileWhole(path, `${JSON.stringify(card, undefined, 2)}\n`);
          if (typed.json) printJson(card);
          else for (const line of table(measurement)) print(line);
        } finally {
          await own.close();
        }
      }),
    );
  });
}

/** What is measured beside a prior unless the user says: of indices, what they take without one. */
function besidePrior(kind: 'vectors' | 'grids'): MetricGroup[] {
  return kind === 'grids' ? ['codes'] : [];
}

/** @throws UsageError if none of the groups that a flag is about is measured */
function requireGroup(
  flag: string,
  groups: readonly MetricGroup[],
  asked: readonly MetricGroup[] | undefined,
): void {
  if (!asked || groups.some((group) => asked.includes(group))) return;
  throw new UsageError(
    `${flag} has no effect without --metrics ${groups.join(' or ')}; leave it out, or measure that`,
  );
}

const range = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);

function sourceOf(samples: ChosenSamples): SampleSource {
  return { size: samples.size, read: (start, count) => samples.read(range(start, count)) };
}

function table({ metrics }: Measurement): string[] {
  return columns(metrics.map((metric) => [metric.name, shown(metric), about(metric)]));
}

function shown({ value, standardError, unit }: Metric): string {
  if (value === null) return '—';
  const error = standardError === null ? '' : ` ± ${formatNumber(standardError, 2)}`;
  return `${formatNumber(value, 6)}${error}${unit && unit !== 'coordinates' ? ` ${unit}` : ''}`;
}

function about({ estimator, options, n, reason }: Metric): string {
  const chosen = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return [reason ?? estimator, ...chosen, `${n} samples`].join(', ');
}
