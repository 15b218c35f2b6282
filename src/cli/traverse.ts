/** `vaekit traverse RUN`: a sample's code with one coordinate moved at a time. */
import type { Command } from 'commander';
import { z } from 'zod';
import { evaluate } from '../evaluation/index.js';
import { sizeOf } from '../tensor/index.js';
import { byNats, codeScale, traversalsView } from '../views/index.js';
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

const traverseOptions = z.object({
  index: z.number().int().nonnegative().default(0).describe('sample to start from, by position'),
  coordinates: z
    .array(z.number())
    .optional()
    .describe('code coordinates to move (default: the ten that carry most)'),
  from: z
    .number()
    .default(-3)
    .describe('first value, in standard deviations of the prior (of the codes where there is none)'),
  to: z.number().default(3).describe('last value'),
  steps: z.number().int().min(2).max(64).default(7).describe('pictures in a row'),
});

/** Samples from which it is found out what the coordinates carry. */
const EXAMINED = 500;
const MOST_ROWS = 10;

export function traverseCommand(): Command {
  const command = runCommand('traverse', 'draw a sample with one code coordinate moved at a time', {
    data: true,
  }).option(
    '-o, --output <file>',
    'file to write, .png or .svg (default: pictures/traversals.png of the run)',
  );
  addFlags(command, traverseOptions, 'Traversal:');
  return withCommonFlags(command, { data: true }).action(async (name: string, typed: RunFlags) => {
    const { index, coordinates, from, to, steps } = readFlags(traverseOptions, typed);
    const run = await loadFor(name, typed);
    try {
      const { model, folder } = run;
      const size = sizeOf(model.codeShape);
      const wrong = coordinates?.find((j) => !Number.isInteger(j) || j < 0 || j >= size);
      if (wrong !== undefined)
        throw new UsageError(`--coordinates ${wrong}: codes of this run have coordinates 0 to ${size - 1}`);
      const samples = await chooseSamples(run, typed);
      const examined = await samples.read(positionsOf(undefined, EXAMINED, samples));
      const source = { size: Math.min(EXAMINED, samples.size), read: async () => examined };
      const { latent } = await evaluate(model.runner, source, {});
      const kl = latent?.klPerDimension;
      const order = kl ? byNats(kl) : Array.from({ length: size }, (_, j) => j);
      const figure = await traversalsView(model, {
        sample: await samples.read(positionsOf([index], 1, samples)),
        coordinates: coordinates ?? order.slice(0, MOST_ROWS),
        values: Array.from({ length: steps }, (_, i) => from + ((to - from) * i) / (steps - 1)),
        kl,
        ...(model.canSample ? {} : { scale: codeScale((await model.encode(examined)).mean, size) }),
      });
      await samples.dataset.close();
      if (!figure)
        throw new UsageError(
          `traverse draws pictures, and ${folder.name} is of a table; use vaekit sample or vaekit encode`,
        );
      await writeFigure(figure, typed.output ?? folder.file('pictures', 'traversals.png'), typed.json);
    } finally {
      await run.close();
    }
  });
}
