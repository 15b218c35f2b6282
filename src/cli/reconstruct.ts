/** `vaekit reconstruct RUN`: samples through the code and back, to look at or to use. */
import { extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { reconstructionsView } from '../views/index.js';
import { addFlags, readFlags } from './flags.js';
import {
  chooseSamples,
  inFolder,
  loadFor,
  positionsOf,
  type RunFlags,
  runCommand,
  tell,
  withCommonFlags,
  writeFigure,
} from './runFlags.js';
import { ARRAY_ENDINGS, writeArrays, writeTable } from './writeArrays.js';

const reconstructOptions = z.object({
  count: z.number().int().positive().default(20).describe('samples, from the first'),
  index: z.array(z.number()).optional().describe('these samples instead, by position'),
});

export function reconstructCommand(): Command {
  const command = runCommand(
    'reconstruct',
    'draw samples beside their reconstructions, or write the reconstructions',
    { data: true },
  ).option(
    '-o, --output <file>',
    `file to write: .png or .svg to look at, ${ARRAY_ENDINGS.join(', ')} to use (default: pictures/reconstructions.png of the run)`,
  );
  addFlags(command, reconstructOptions, 'Samples:');
  return withCommonFlags(command, { data: true }).action(async (name: string, typed: RunFlags) => {
    const { count, index } = readFlags(reconstructOptions, typed);
    const run = await loadFor(name, typed);
    try {
      const samples = await chooseSamples(run, typed);
      const positions = positionsOf(index, count, samples);
      const originals = await samples.read(positions);
      const output = typed.output ?? run.folder.file('pictures', 'reconstructions.png');
      if (!ARRAY_ENDINGS.includes(extname(output).toLowerCase())) {
        await writeFigure(await reconstructionsView(run.model, originals), output, typed.json);
      } else {
        const x = await run.model.reconstruct(originals);
        const { spec } = run.folder.config.data;
        await inFolder(output);
        if (spec.kind === 'table') await writeTable(output, spec, x);
        else
          await writeArrays(
            output,
            [{ name: 'x', data: x, shape: [positions.length, ...spec.shape] }],
            positions.map(samples.idOf),
          );
        tell(output, typed.json, { samples: positions.length });
      }
      await samples.dataset.close();
    } finally {
      await run.close();
    }
  });
}
