/** `vaekit rollout RUN`: what a model of sequences says about times to come, to look at and in numbers. */
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { type RollOutErrors, rollOutErrors } from '../evaluation/index.js';
import { writeFileWhole } from '../node/index.js';
import { makeFolder } from '../node/runs/makeFolder.js';
import { encodeApng, formatNumber } from '../pictures/index.js';
import { rollOutImages, rollOutView } from '../views/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { columns, print } from './output.js';
import {
  addCommonFlags,
  addFigureOutput,
  addRunFlags,
  outputKind,
  positionsOf,
  type RunFlags,
  requireDataFor,
  requireOneChoice,
  saveFigure,
  tell,
  withRun,
  withSamples,
} from './runFlags.js';

const DEFAULT_COUNT = 8;

const rolloutOptions = z.object({
  from: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('last time that the model sees, from 0 (default: the middle)'),
  steps: z.number().int().positive().optional().describe('frames to make (default: to the end of the data)'),
  jump: z.number().int().positive().default(1).describe('times to the first of them; then one at a time'),
  count: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(`sequences to draw, from the first (default: ${DEFAULT_COUNT})`),
  index: z.array(z.number()).optional().describe('these sequences instead, by position'),
  limit: z.number().int().positive().default(1000).describe('most sequences to measure the error on'),
  seed: z.number().int().nonnegative().default(0).describe('key of the draws of states'),
});

const ANIMATION = '.apng';

export function defineRollout(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'rollouts', { arrays: [ANIMATION] });
  addFlags(command, rolloutOptions, 'Roll-out:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { from: given, steps: asked, jump, count, index, limit, seed } = readFlags(rolloutOptions, typed);
    const isAnimated = outputKind(typed.output, [ANIMATION]) === 'arrays';
    requireOneChoice({ count, index });
    requireDataFor(typed);
    await withRun(name, typed, (run) =>
      withSamples(run, typed, async (samples) => {
        const { model, folder } = run;
        if (!model.canRollOut)
          throw new UsageError(
            `${folder.config.system} knows no times, so there is nothing to roll out; train a td-vae on sequences`,
          );
        const [time] = model.runner.data.shape;
        const from = given ?? Math.floor((time - 1) / 2);
        const steps = asked ?? Math.max(1, time - from - jump);
        const ahead = { from, steps, jump };
        const shown = await samples.read(positionsOf(index, count ?? DEFAULT_COUNT, samples));
        const output = typed.output ?? folder.file('pictures', 'rollouts.png');
        const measured = await samples.read(positionsOf(undefined, limit, samples));
        const errors = await rollOutErrors(model, measured, ahead, { seed });
        if (isAnimated) {
          const images = await rollOutImages(model, shown, { ...ahead, seed });
          if (!images)
            throw new UsageError(
              `--output ${output}: numbers over time are not animated; end the name with .png`,
            );
          await makeFolder(dirname(output));
          await writeFileWhole(output, encodeApng(images));
        } else await saveFigure(await rollOutView(model, shown, { ...ahead, seed }), output);
        if (!typed.json) for (const line of table(errors)) print(line);
        tell(output, typed.json, { ...ahead, ...errors });
      }),
    );
  });
}

function table({ count, errors, frequency, amplitude }: RollOutErrors): string[] {
  const number = (value: number) => formatNumber(value, 4);
  const header = ['ahead', 'squared error', 'of persistence'];
  const rows = errors.map(({ ahead, model, persistence }) => [
    String(ahead),
    number(model),
    number(persistence),
  ]);
  const fits = Object.entries({ frequency, amplitude }).flatMap(([name, fit]) =>
    fit ? [[`${name} error`, number(fit.model), number(fit.persistence)]] : [],
  );
  return [
    ...columns([header, ...rows, ...fits]),
    `means over ${count} sequences, of frames as models see them`,
  ];
}
