/** `vaekit traverse RUN`: a sample's code with one coordinate moved at a time. */
import type { Command } from 'commander';
import { z } from 'zod';
import { evaluate } from '../evaluation/index.js';
import { sizeOf } from '../tensor/index.js';
import { codeFrame, coordinateOrder, traversalsView } from '../views/index.js';
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

export function defineTraverse(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'traversals');
  addFlags(command, traverseOptions, 'Traversal:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { index, coordinates, from, to, steps } = readFlags(traverseOptions, typed);
    outputKind(typed.output);
    requireDataFor(typed);
    await withRun(name, typed, async (run) => {
      const { model, folder } = run;
      const size = sizeOf(model.codeShape);
      const wrong = coordinates?.find((j) => !Number.isInteger(j) || j < 0 || j >= size);
      if (wrong !== undefined)
        throw new UsageError(`--coordinates ${wrong}: codes of this run have coordinates 0 to ${size - 1}`);
      const figure = await withSamples(run, typed, async (samples) => {
        const sample = await samples.read(positionsOf([index], 1, samples));
        const examined = await samples.read(positionsOf(undefined, EXAMINED, samples));
        const source = { size: Math.min(EXAMINED, samples.size), read: async () => examined };
        const { latent } = await evaluate(model.runner, source);
        const { mean: codes } = await model.encode(examined);
        return traversalsView(model, {
          sample,
          coordinates:
            coordinates ?? coordinateOrder({ latent, codes, dimensions: size }).slice(0, MOST_ROWS),
          frame: await codeFrame(model, codes, sample.labels?.[0]),
          values: Array.from({ length: steps }, (_, i) => from + ((to - from) * i) / (steps - 1)),
          kl: latent?.klPerDimension,
        });
      });
      if (!figure)
        throw new UsageError(
          `traverse draws pictures, and ${folder.name} is of a table; use vaekit sample or vaekit encode`,
        );
      await writeFigure(figure, typed.output ?? folder.file('pictures', 'traversals.png'), typed.json);
    });
  });
}
