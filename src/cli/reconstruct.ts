/** `vaekit reconstruct RUN`: samples through the code and back, to look at or to use. */
import type { Command } from 'commander';
import { z } from 'zod';
import { reconstructionsView } from '../views/index.js';
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
  tell,
  withRun,
  withSamples,
  writeFigure,
} from './runFlags.js';
import { ARRAY_ENDINGS, writeSamples } from './writeArrays.js';

const DEFAULT_COUNT = 20;

const reconstructOptions = z.object({
  ...choiceOfSamples(`${DEFAULT_COUNT}, or all into a file to use`),
});

export function defineReconstruct(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'reconstructions', { arrays: ARRAY_ENDINGS });
  addFlags(command, reconstructOptions, 'Samples:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { count, index } = readFlags(reconstructOptions, typed);
    const kind = outputKind(typed.output, ARRAY_ENDINGS);
    requireOneChoice({ count, index });
    requireDataFor(typed);
    await withRun(name, typed, (run) =>
      withSamples(run, typed, async (samples) => {
        const { model, folder } = run;
        const most = count ?? (kind === 'figure' ? DEFAULT_COUNT : samples.size);
        const positions = positionsOf(index, most, samples);
        const originals = await samples.read(positions);
        const output = typed.output ?? folder.file('pictures', 'reconstructions.png');
        if (kind === 'figure')
          return writeFigure(await reconstructionsView(model, originals), output, typed.json);
        const x = await model.reconstruct(originals);
        await writeSamples(output, folder.config.data.spec, x, {
          ids: positions.map(samples.idOf),
          labels: originals.labels,
          classes: samples.classes,
        });
        tell(output, typed.json, { samples: positions.length });
      }),
    );
  });
}
