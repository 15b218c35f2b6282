/** `vaekit sample RUN`: new samples out of the prior. */
import { extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { findSystem, systems } from '../systems/index.js';
import { samplesView } from '../views/index.js';
import { UsageError } from './errors.js';
import { addFlags, readFlags } from './flags.js';
import {
  chooseSamples,
  inFolder,
  loadFor,
  type RunFlags,
  runCommand,
  tell,
  withCommonFlags,
  writeFigure,
} from './runFlags.js';
import { ARRAY_ENDINGS, writeArrays, writeTable } from './writeArrays.js';

const sampleOptions = z.object({
  count: z.number().int().positive().default(64).describe('number of samples'),
  seed: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('key of the draws: the same seed gives the same samples'),
  label: z
    .string()
    .optional()
    .describe('class to draw, by name, for systems that are conditioned on one (default: all in turn)'),
});

export function sampleCommand(): Command {
  const command = runCommand('sample', 'draw new samples from the prior', { data: false }).option(
    '-o, --output <file>',
    `file to write: .png or .svg to look at, ${ARRAY_ENDINGS.join(', ')} to use (default: pictures/samples.png of the run)`,
  );
  addFlags(command, sampleOptions, 'Samples:');
  return withCommonFlags(command, { data: false }).action(async (name: string, typed: RunFlags) => {
    const { count, seed, label } = readFlags(sampleOptions, typed);
    const run = await loadFor(name, typed);
    try {
      const { config } = run.folder;
      if (!run.model.canSample) {
        const able = systems
          .filter(({ name: other }) => other !== config.system)
          .map((system) => system.name);
        throw new UsageError(
          `${config.system} has no prior over its codes, so there is nothing to draw from; train one of ${able.join(', ')}, or look at vaekit interpolate ${name}`,
        );
      }
      const labels = labelsFor(config.system, config.data.classes, label, count);
      const output = typed.output ?? run.folder.file('pictures', 'samples.png');
      const { spec } = config.data;
      if (!ARRAY_ENDINGS.includes(extname(output).toLowerCase())) {
        const data = spec.kind === 'table' ? await firstRows(run, typed, count) : { x: new Uint8Array(0) };
        await writeFigure(await samplesView(run.model, { count, labels, seed, data }), output, typed.json);
        return;
      }
      const { x, codes } = await run.model.sample(count, { labels, seed });
      await inFolder(output);
      if (spec.kind === 'table') await writeTable(output, spec, x);
      else {
        const arrays = [
          { name: 'x', data: x, shape: [count, ...spec.shape] },
          { name: 'z', data: codes, shape: [count, ...run.model.codeShape] },
          ...(labels ? [{ name: 'label', data: labels, shape: [count] }] : []),
        ];
        await writeArrays(
          output,
          arrays,
          Array.from({ length: count }, (_, i) => String(i)),
        );
      }
      tell(output, typed.json, { samples: count, seed });
    } finally {
      await run.close();
    }
  });
}

/** A class for each sample; none where the system is not conditioned on them. */
function labelsFor(
  system: string,
  classes: readonly string[] | undefined,
  label: string | undefined,
  count: number,
): Int32Array | undefined {
  if (!findSystem(system).needsLabels || !classes) {
    if (label !== undefined)
      throw new UsageError(`--label: ${system} is not conditioned on classes; leave it out, or train a cvae`);
    return undefined;
  }
  if (label === undefined) return Int32Array.from({ length: count }, (_, i) => i % classes.length);
  const index = classes.indexOf(String(label));
  if (index < 0) throw new UsageError(`--label ${label}: the classes are ${classes.join(', ')}`);
  return new Int32Array(count).fill(index);
}

/** Rows of the data to compare with. */
async function firstRows(run: Parameters<typeof chooseSamples>[0], typed: RunFlags, count: number) {
  const samples = await chooseSamples(run, typed);
  const rows = await samples.read(Array.from({ length: Math.min(count, samples.size) }, (_, i) => i));
  await samples.dataset.close();
  return rows;
}
