/** `vaekit rate-distortion RUN…`: what runs say of samples against what they lose, such as runs of several β. */
import { extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { observedSource, rateDistortion } from '../evaluation/index.js';
import { writeFileWhole } from '../node/index.js';
import { formatNumber, rateDistortionFigure } from '../pictures/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { columns, print } from './output.js';
import {
  addCommonFlags,
  addFigureOutput,
  addRunFlags,
  outputKind,
  type RunFlags,
  requireDataFor,
  saveFigure,
  tell,
  withEachRun,
  withSamples,
} from './runFlags.js';
import { tellApart } from './runNames.js';

const options = z.object({
  limit: z.number().int().positive().optional().describe('most samples, from the first (default: all)'),
  seed: z.number().int().nonnegative().default(0).describe('key of the draws of codes'),
});

export function defineRateDistortion(command: Command): void {
  addRunFlags(command, { usesData: true, several: true });
  addFigureOutput(command, 'rate-distortion', { several: true });
  addFlags(command, options, 'Samples:');
  addCommonFlags(command, { usesData: true });
  command.action(async (names: readonly string[], typed: RunFlags) => {
    const { limit, seed } = readFlags(options, typed);
    outputKind(typed.output);
    requireDataFor(typed);
    const runs = await withEachRun(names, typed, (run) =>
      withSamples(run, typed, async (samples) => {
        const { folder, model } = run;
        const source = {
          size: samples.size,
          read: (start: number, count: number) =>
            samples.read(Array.from({ length: count }, (_, i) => start + i)),
        };
        const observed = observedSource(model.runner, source, seed);
        const point = await rateDistortion(model.runner, observed, { limit, seed });
        if (typeof point === 'string')
          throw new UsageError(`${folder.name} has no rate and distortion: ${point}; leave it out`);
        return { folder, point, size: samples.size };
      }),
    );
    const [first] = runs;
    requireOneScale(runs, typed.data !== undefined);
    const captions = tellApart(runs.map(({ folder }) => folder));
    const points = runs.map(({ folder, point }, i) => ({
      run: folder.name,
      name: captions[i],
      ...point,
      elbo: -(point.rate + point.distortion),
    }));
    const figure = rateDistortionFigure({
      title: 'Rate and distortion',
      caption: `Lines: equal −ELBO, rate and distortion together, in nats; the lower, the better. ${first.point.n} samples.`,
      points,
    });
    const output = typed.output ?? first.folder.file('pictures', 'rate-distortion.png');
    await saveFigure(figure, output);
    const card = { points, seed };
    await writeFileWhole(
      output.slice(0, -extname(output).length).concat('.json'),
      `${JSON.stringify(card, undefined, 2)}\n`,
    );
    if (!typed.json) {
      const rows = points
        .toSorted((a, b) => a.rate - b.rate)
        .map(({ name, rate, distortion, elbo }) => [
          name,
          ...[rate, distortion, elbo].map((value) => formatNumber(value, 5)),
        ]);
      for (const line of columns([['run', 'rate', 'distortion', 'ELBO'], ...rows])) print(line);
    }
    tell(output, typed.json, card);
  });
}

type Measured = {
  readonly folder: {
    readonly name: string;
    readonly config: { readonly data: { readonly fingerprint?: string } };
  };
  readonly point: { readonly likelihood: string };
  readonly size: number;
};

/** @throws UsageError if the runs were not measured on the same samples, in the same units */
function requireOneScale([first, ...others]: readonly Measured[], isGiven: boolean): void {
  for (const other of others) {
    const isSame = isGiven
      ? other.size === first.size
      : other.folder.config.data.fingerprint === first.folder.config.data.fingerprint;
    if (!isSame)
      throw new UsageError(
        `${first.folder.name} and ${other.folder.name} have no samples in common; ${isGiven ? 'each reads others out of --data' : 'name some that both take with --data'}`,
      );
    if (other.point.likelihood !== first.point.likelihood)
      throw new UsageError(
        `${first.folder.name} has a ${first.point.likelihood} likelihood and ${other.folder.name} a ${other.point.likelihood}, whose nats cannot be compared; take runs of one kind`,
      );
  }
}
