/** `vaekit denoise RUN`: samples with the noise that the model was trained to undo, and what it restores. */
import type { Command } from 'commander';
import { z } from 'zod';
import { denoisingView } from '../views/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import {
  addCommonFlags,
  addFigureOutput,
  addRunFlags,
  choiceOfSamples,
  outputKind,
  positionsOf,
  type RunFlags,
  requireDataFor,
  requireOneChoice,
  withRun,
  withSamples,
  writeFigure,
} from './runFlags.js';

const DEFAULT_COUNT = 20;

const denoiseOptions = z.object({
  ...choiceOfSamples(`${DEFAULT_COUNT}`),
  seed: z.number().int().nonnegative().default(0).describe('key of the noise'),
});

export function defineDenoise(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'denoising');
  addFlags(command, denoiseOptions, 'Samples:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { count, index, seed } = readFlags(denoiseOptions, typed);
    outputKind(typed.output);
    requireOneChoice({ count, index });
    requireDataFor(typed);
    await withRun(name, typed, async (run) => {
      const { model, folder } = run;
      const figure = await withSamples(run, typed, async (samples) =>
        denoisingView(model, await samples.read(positionsOf(index, count ?? DEFAULT_COUNT, samples)), seed),
      );
      if (!figure)
        throw new UsageError(
          `denoise draws pictures of systems that are trained with noise, as dae is; ${folder.config.system} on ${folder.config.data.name} is no such run`,
        );
      await writeFigure(figure, typed.output ?? folder.file('pictures', 'denoising.png'), typed.json);
    });
  });
}
