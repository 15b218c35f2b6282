/** `vaekit map RUN…`: the codes of samples as points in the plane, those of several runs side by side. */
import type { Command } from 'commander';
import { z } from 'zod';
import { sizeOf } from '../tensor/index.js';
import { codeMapsView, codesView } from '../views/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import {
  addCommonFlags,
  addFigureOutput,
  addRunFlags,
  outputKind,
  positionsOf,
  type RunFlags,
  requireDataFor,
  withEachRun,
  withSamples,
  writeFigure,
} from './runFlags.js';
import { tellApart } from './runNames.js';

const mapOptions = z.object({
  count: z.number().int().positive().default(2000).describe('most samples, from the first'),
});

export function defineMap(command: Command): void {
  addRunFlags(command, { usesData: true, several: true });
  addFigureOutput(command, 'latent-map', { several: true });
  addFlags(command, mapOptions, 'Samples:');
  addCommonFlags(command, { usesData: true });
  command.action(async (names: readonly string[], typed: RunFlags) => {
    const { count } = readFlags(mapOptions, typed);
    outputKind(typed.output);
    requireDataFor(typed);
    const runs = await withEachRun(names, typed, (run) =>
      withSamples(run, typed, async (samples) => {
        const read = await samples.read(positionsOf(undefined, count, samples));
        const { mean: codes } = await run.model.encode(read);
        const { labels } = read;
        return {
          folder: run.folder,
          size: samples.size,
          codes,
          dimensions: sizeOf(run.model.codeShape),
          labels,
          classes: samples.classes,
        };
      }),
    );
    const [first] = runs;
    const isOther = ({ folder, size }: typeof first) =>
      typed.data === undefined
        ? folder.config.data.fingerprint !== first.folder.config.data.fingerprint
        : size !== first.size;
    const other = runs.find(isOther);
    if (other)
      throw new UsageError(
        `${first.folder.name} and ${other.folder.name} have no samples in common; ${typed.data === undefined ? 'name some that both take with --data' : 'each reads others out of --data'}`,
      );
    const captions = tellApart(runs.map(({ folder }) => folder));
    const figure =
      runs.length === 1
        ? codesView(first)
        : codeMapsView(
            runs.map(({ codes, dimensions }, i) => ({ name: captions[i], codes, dimensions })),
            first,
          );
    await writeFigure(figure, typed.output ?? first.folder.file('pictures', 'latent-map.png'), typed.json);
  });
}
