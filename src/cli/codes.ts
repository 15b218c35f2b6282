/** `vaekit codes RUN`: the indices that codes are made of, as maps beside pictures, or the codebook as tiles. */
import type { Command } from 'commander';
import { z } from 'zod';
import type { Figure } from '../pictures/index.js';
import { codebookViews, indexMapsView } from '../views/index.js';
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

const DEFAULT_COUNT = 10;
/** Samples by which it is found out which entries occur most, as many as at the end of a run. */
const EXAMINED = 2000;

const codesOptions = z.object({
  ...choiceOfSamples(`${DEFAULT_COUNT}; of a codebook ${EXAMINED}, to see what occurs`),
  codebook: z
    .boolean()
    .default(false)
    .describe('draw what each entry of the codebook decodes to, at all places'),
  map: z
    .string()
    .optional()
    .describe('whose codebook, where a code has several maps (default: the first, which is the coarsest)'),
});

export function defineCodes(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'code-maps');
  addFlags(command, codesOptions, 'Codes:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const { count, index, codebook, map } = readFlags(codesOptions, typed);
    outputKind(typed.output);
    requireOneChoice({ count, index });
    if (map !== undefined && !codebook)
      throw new UsageError('--map has no effect without --codebook; leave it out');
    requireDataFor(typed);
    await withRun(name, typed, async ({ model, folder, ...run }) => {
      const { config } = folder;
      const maps = model.runner.build().discrete?.maps ?? [];
      const names = maps.map((each) => each.name);
      if (maps.length === 0)
        throw new UsageError(
          `codes of ${config.system} are made of no indices; draw those of a vq-vae, or all codes as points: vaekit map ${name}`,
        );
      const chosen = map ?? names[0];
      if (!names.includes(chosen))
        throw new UsageError(`--map ${chosen}: the maps of ${folder.name} are ${names.join(', ')}`);
      const figure = await withSamples({ model, folder, ...run }, typed, async (samples) => {
        const most = count ?? (codebook ? EXAMINED : DEFAULT_COUNT);
        const read = await samples.read(positionsOf(index, most, samples));
        if (!codebook) return indexMapsView(model, read);
        const { indices = [] } = await model.encode(read);
        return (await codebookViews(model, indices)).find((view) => view.map === chosen)?.figure;
      });
      await writeFigure(
        requireFigure(figure, codebook, config.system, config.data.name),
        typed.output ?? folder.file('pictures', `${fileName(codebook, names, chosen)}.png`),
        typed.json,
      );
    });
  });
}

/** As the run itself calls them. */
function fileName(codebook: boolean, maps: readonly string[], chosen: string): string {
  if (!codebook) return 'code-maps';
  return maps.length === 1 ? 'codebook' : `codebook-${chosen}`;
}

function requireFigure(figure: Figure | undefined, codebook: boolean, system: string, data: string): Figure {
  if (figure) return figure;
  throw new UsageError(
    codebook
      ? `only entries that stand for pictures are drawn; ${system} on ${data} has others`
      : `only maps of two axes are drawn beside pictures; codes of ${system} on ${data} have none; --codebook draws what entries stand for`,
  );
}
