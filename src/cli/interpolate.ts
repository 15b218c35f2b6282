/** `vaekit interpolate RUN`: straight lines between the codes of pairs of samples. */
import type { Command } from 'commander';
import { z } from 'zod';
import { interpolationsView } from '../views/index.js';
import { UsageError } from './errors.js';
import { addFlags, readFlags } from './flags.js';
import {
  chooseSamples,
  loadFor,
  positionsOf,
  type RunFlags,
  runCommand,
  withCommonFlags,
  writeFigure,
} from './runFlags.js';

const interpolateOptions = z.object({
  pairs: z.number().int().positive().max(64).default(5).describe('pairs of samples, from the first on'),
  index: z.array(z.number()).optional().describe('these samples instead, two and two, by position'),
  steps: z.number().int().min(2).max(64).default(9).describe('pictures in a row, both ends included'),
});

export function interpolateCommand(): Command {
  const command = runCommand('interpolate', 'draw the way between the codes of pairs of samples', {
    data: true,
  }).option(
    '-o, --output <file>',
    'file to write, .png or .svg (default: pictures/interpolations.png of the run)',
  );
  addFlags(command, interpolateOptions, 'Interpolation:');
  return withCommonFlags(command, { data: true }).action(async (name: string, typed: RunFlags) => {
    const { pairs, index, steps } = readFlags(interpolateOptions, typed);
    if (index && index.length % 2 !== 0)
      throw new UsageError(`--index ${index.join(',')}: pairs need an even number of samples`);
    const run = await loadFor(name, typed);
    try {
      const samples = await chooseSamples(run, typed);
      const positions = positionsOf(index, 2 * pairs, samples);
      if (positions.length < 2)
        throw new UsageError('interpolate needs two samples, and there is one; give more with --data');
      const even = positions.slice(0, positions.length - (positions.length % 2));
      const figure = await interpolationsView(run.model, await samples.read(even), steps);
      await samples.dataset.close();
      if (!figure)
        throw new UsageError(
          `interpolate draws pictures, and ${run.folder.name} is of a table; use vaekit encode`,
        );
      await writeFigure(
        figure,
        typed.output ?? run.folder.file('pictures', 'interpolations.png'),
        typed.json,
      );
    } finally {
      await run.close();
    }
  });
}
