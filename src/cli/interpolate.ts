/** `vaekit interpolate RUN`: ways between the codes of pairs of samples. */
import type { Command } from 'commander';
import { z } from 'zod';
import { latentPaths } from '../inference/index.js';
import { interpolationsView } from '../views/index.js';
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
  withRun,
  withSamples,
  writeFigure,
} from './runFlags.js';

const DEFAULT_PAIRS = 5;

const interpolateOptions = z.object({
  pairs: z
    .number()
    .int()
    .positive()
    .max(64)
    .optional()
    .describe(`pairs of samples, from the first on (default: ${DEFAULT_PAIRS})`),
  index: z.array(z.number()).optional().describe('these samples instead, two and two, by position'),
  steps: z.number().int().min(2).max(64).default(9).describe('pictures in a row, both ends included'),
  path: z
    .enum(latentPaths)
    .default('linear')
    .describe(
      'straight; around the origin, which keeps codes as far from it as a normal prior has them; or so, with the length in a straight line',
    ),
});

export function defineInterpolate(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'interpolations');
  addFlags(command, interpolateOptions, 'Interpolation:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { pairs, index, steps, path } = readFlags(interpolateOptions, typed);
    outputKind(typed.output);
    if (pairs !== undefined && index)
      throw new UsageError('--pairs has no effect beside --index; leave it out');
    if (index && index.length % 2 !== 0)
      throw new UsageError(`--index ${index.join(',')}: pairs need an even number of samples`);
    requireDataFor(typed);
    await withRun(name, typed, async (run) => {
      const { model, folder } = run;
      const figure = await withSamples(run, typed, async (samples) => {
        const most = 2 * Math.min(pairs ?? DEFAULT_PAIRS, Math.floor(samples.size / 2));
        const positions = positionsOf(index, most, samples);
        if (positions.length < 2)
          throw new UsageError('interpolate needs two samples, and there is one; give more with --data');
        return interpolationsView(model, await samples.read(positions), steps, path);
      });
      if (!figure)
        throw new UsageError(
          `interpolate draws pictures, and ${folder.name} is of a table; use vaekit encode`,
        );
      const output = typed.output ?? folder.file('pictures', 'interpolations.png');
      await writeFigure(figure, output, typed.json);
    });
  });
}
