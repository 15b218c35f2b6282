/** `vaekit filters RUN…`: the weights of single units as pictures, those of several runs under each other. */
import type { Command } from 'commander';
import { z } from 'zod';
import { filterGrid } from '../pictures/index.js';
import { filtersOf } from '../views/index.js';
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

const filterOptions = z.object({
  count: z
    .number()
    .int()
    .positive()
    .default(64)
    .describe('units of each run, those first that vary most over samples'),
});

/** Samples from which it is found out which units vary, as many as at the end of a run. */
const EXAMINED = 2000;

export function defineFilters(command: Command): void {
  addRunFlags(command, { usesData: true, several: true });
  addFigureOutput(command, 'filters', { several: true });
  addFlags(command, filterOptions, 'Units:');
  addCommonFlags(command, { usesData: true });
  command.action(async (names: readonly string[], typed: RunFlags) => {
    const { count } = readFlags(filterOptions, typed);
    outputKind(typed.output);
    requireDataFor(typed);
    const runs = await withEachRun(names, typed, async (run) => {
      const { model, folder } = run;
      const filters = await withSamples(run, typed, async (samples) =>
        filtersOf(model, await samples.read(positionsOf(undefined, EXAMINED, samples))),
      );
      if (!filters)
        throw new UsageError(
          `filters are pictures of codes that are one dense layer, as those of k-sparse-ae, sparse-ae and contractive-ae are; ${folder.name} has none`,
        );
      return { folder, weights: filters.weights };
    });
    const [first] = runs;
    const captions = tellApart(runs.map(({ folder }) => folder));
    const sizes = runs.map(({ weights }) => weights.shape.slice(1).join('×'));
    const other = sizes.findIndex((size) => size !== sizes[0]);
    if (other > 0)
      throw new UsageError(
        `${first.folder.name} sees pictures of ${sizes[0]}, and ${runs[other].folder.name} of ${sizes[other]}; draw them apart`,
      );
    const figure = filterGrid({
      filters: runs.map(({ weights }, i) => ({ weights, ...(runs.length > 1 ? { name: captions[i] } : {}) })),
      count,
    });
    await writeFigure(figure, typed.output ?? first.folder.file('pictures', 'filters.png'), typed.json);
  });
}
