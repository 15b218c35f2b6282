/** `vaekit edit RUN`: samples with an attribute added to their codes or taken away, or what two samples differ in. */
import type { Command } from 'commander';
import { z } from 'zod';
import { splitDataset } from '../data/index.js';
import { attributeDirection, movedCodes } from '../inference/index.js';
import { type LoadedRun, openRunData } from '../node/index.js';
import { sizeOf } from '../tensor/index.js';
import { editsView } from '../views/index.js';
import { attributesOf, membershipOf } from './attributes.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { dim, note } from './output.js';
import {
  addCommonFlags,
  addFigureOutput,
  addRunFlags,
  type ChosenSamples,
  outputKind,
  positionsOf,
  type RunFlags,
  requireDataFor,
  saveFigure,
  tell,
  withRun,
  withSamples,
} from './runFlags.js';
import { ARRAY_ENDINGS, writeSamples } from './writeArrays.js';

const DEFAULT_COUNT = 8;
/** Training samples whose codes are averaged. */
const EXAMINED = 5000;

const editOptions = z.object({
  label: z
    .string()
    .optional()
    .describe('attribute to add: a class by name, or a factor of the data as NAME=VALUE'),
  against: z
    .string()
    .optional()
    .describe('what it is instead of: another class, or value of the factor (default: all others)'),
  balance: z
    .array(z.string())
    .optional()
    .describe('factors that must not come along: differences are taken where these are alike (class is one)'),
  between: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe(
      'instead of an attribute, what leads from one sample to another, by position: z + s (z_b − z_a)',
    ),
  strength: z.array(z.number()).default([-2, -1, 0, 1, 2]).describe('how much of it to add'),
  count: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(`samples to edit, from the first (default: ${DEFAULT_COUNT}, or all into a file to use)`),
  index: z.array(z.number()).optional().describe('these samples instead, by position'),
});

type EditFlags = z.output<typeof editOptions>;

interface Direction {
  readonly direction: Float32Array;
  readonly caption: string;
  /** What is told of it beside where it was written. */
  readonly facts: object;
}

export function defineEdit(command: Command): void {
  addRunFlags(command, { usesData: true });
  addFigureOutput(command, 'edits', { arrays: ARRAY_ENDINGS });
  addFlags(command, editOptions, 'Edit:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags) => {
    const options = readFlags(editOptions, typed);
    const kind = outputKind(typed.output, ARRAY_ENDINGS);
    requireOne(options);
    requireDataFor(typed);
    await withRun(name, typed, (run) =>
      withSamples(run, typed, async (samples) => {
        const { model, folder } = run;
        const { label, index, count, strength } = options;
        const most = count ?? (kind === 'figure' ? DEFAULT_COUNT : samples.size);
        const positions = positionsOf(index, most, samples);
        const { direction, caption, facts } =
          label === undefined
            ? await differenceOf(run, samples, options)
            : await attributeOf(run, label, options);
        const originals = await samples.read(positions);
        const output = typed.output ?? folder.file('pictures', 'edits.png');
        if (kind === 'figure') {
          const figure = await editsView(model, originals, { direction, strengths: strength, caption });
          if (!figure)
            throw new UsageError(
              `edit draws pictures, and ${folder.name} is of a table; name a file to use with -o, such as edits.csv`,
            );
          await saveFigure(figure, output);
        } else {
          const moved = movedCodes(await model.vectors(originals), direction, strength);
          const each = <T>(values: ArrayLike<T>) =>
            positions.flatMap((_, i) => strength.map(() => values[i]));
          const labels = originals.labels && Int32Array.from(each(originals.labels));
          const x = await model.decode(await model.quantise(moved), { labels });
          await writeSamples(output, folder.config.data.spec, x, {
            ids: each(positions.map(samples.idOf)).map((id, i) => `${id} ${strength[i % strength.length]}`),
            labels,
            classes: samples.classes,
          });
        }
        if (!typed.json) note(dim(caption));
        tell(output, typed.json, { samples: positions.length, ...facts });
      }),
    );
  });
}

function requireOne({ label, between, against, balance, count, index }: EditFlags): void {
  if (count !== undefined && index)
    throw new UsageError('--count has no effect beside --index; leave it out');
  if (label === undefined && !between)
    throw new UsageError(
      'edit takes an attribute (--label NAME) or two samples to go between (--between 0,1)',
    );
  if (label !== undefined && between)
    throw new UsageError('--between has no effect beside --label; leave one of them out');
  for (const [flag, value] of Object.entries({ against, balance }))
    if (between && value !== undefined)
      throw new UsageError(`--${flag} has no effect beside --between; leave it out`);
}

/** z_b − z_a */
async function differenceOf(
  { model }: LoadedRun,
  samples: ChosenSamples,
  { between = [0, 1] }: EditFlags,
): Promise<Direction> {
  const size = sizeOf(model.codeShape);
  const [a, b] = positionsOf(between, 2, samples, '--between');
  const codes = await model.vectors(await samples.read([a, b]));
  return {
    direction: Float32Array.from({ length: size }, (_, j) => codes[size + j] - codes[j]),
    caption: `Strength times what leads from ${samples.idOf(a)} to ${samples.idOf(b)} is added to each code.`,
    facts: { between: [a, b] },
  };
}

/** v of an attribute, over the training part of what the run was trained on. */
async function attributeOf(
  { model, folder }: LoadedRun,
  label: string,
  { against, balance = [] }: EditFlags,
): Promise<Direction> {
  const own = await openRunData(folder);
  try {
    const { train } = splitDataset(own);
    const indices = Array.from({ length: Math.min(EXAMINED, train.size) }, (_, i) => train.at(i));
    const attributes = attributesOf(own, indices, await own.read(indices));
    const { has, cells } = membershipOf(attributes, { label, against, balance, data: own.name });
    const examined = indices.filter((_, i) => has[i] >= 0);
    const known = <T>(values: readonly T[]) => values.filter((_, i) => has[i] >= 0);
    const codes = await model.vectors(await own.read(examined));
    const { direction, ...counts } = attributeDirection(codes, {
      size: sizeOf(model.codeShape),
      has: known(has),
      ...(balance.length > 0 ? { cells: known(cells) } : {}),
    });
    const alike = balance.length > 0 ? ` alike in ${balance.join(', ')}` : '';
    return {
      direction,
      caption: `Strength times the mean code of ${counts.with} samples with ${label} less that of ${counts.without} ${against === undefined ? 'without' : `with ${against}`}${alike} is added to each code.`,
      facts: { label, ...(against === undefined ? {} : { against }), ...counts },
    };
  } finally {
    await own.close();
  }
}
