/** Flags that say how data are read, the same for every command that takes data. */
import type { Command } from 'commander';
import { z } from 'zod';
import { samplings } from '../data/index.js';
import type { DataOptions } from '../node/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';

const columnTypes = ['numeric', 'binary', 'categorical', 'count', 'ordinal', 'ignore'] as const;

const dataOptions = z.object({
  size: z.number().int().positive().optional().describe('samples of a built-in set'),
  frames: z.number().int().positive().optional().describe('built-in sequences: their length'),
  imageSize: z.string().optional().describe('pictures: side of a square, or HEIGHTxWIDTH'),
  imageChannels: z
    .union([z.literal(1), z.literal(3), z.literal(4)])
    .optional()
    .describe('pictures: 1 grey, 3 colour, 4 with alpha'),
  strict: z
    .literal(true)
    .optional()
    .describe('folders: a file that cannot be read is an error instead of left out'),
  types: z
    .string()
    .optional()
    .describe(
      `tables: types of columns, as age=count,grade=low:mid:high (${columnTypes.join(', ')}, or categories in order)`,
    ),
  labelColumn: z.string().optional().describe('tables: column of the classes, or none'),
  missing: z
    .enum(['refuse', 'drop', 'mask'])
    .optional()
    .describe(
      'what to do with rows in which a cell is missing; mask: keep them, and learn from what is there (default: refuse; mask where a run was trained so)',
    ),
  delimiter: z.string().length(1).optional().describe('tables: what stands between cells'),
  header: z
    .boolean()
    .optional()
    .describe('tables: the first line names the columns; --no-header: it is data (default: found out)'),
  window: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('tables: rows in the order of time, of which so many at a time are a sequence'),
  stride: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('tables: rows from one window to the next (default: 1)'),
  kind: z
    .enum(['sequence', 'points'])
    .optional()
    .describe('arrays: the second axis is time, or counts the points of clouds'),
  points: z.number().int().positive().optional().describe('clouds: their number of points'),
  sampling: z.enum(samplings).optional().describe('clouds: how fewer points are chosen (default: random)'),
  array: z.string().optional().describe('NPZ: array of the samples'),
  labels: z.string().optional().describe('NPZ: array of the labels, or none'),
  labelled: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'keep the labels of so many samples to train on, equally many of each class, and hide the others',
    ),
  range: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe('arrays of pictures: values of black and full intensity, as 0,255'),
});

/**
 * @param system options of a system whose flags the command has already: where one is called like one of these, it is
 *   the system's (`--window` of `msssim-vae`, which takes pictures and no windows of rows)
 */
export function addDataFlags(command: Command, system?: z.ZodObject): void {
  addFlags(command, beside(system), 'Data:');
}

/** What was typed of these, and nothing else. */
export function readDataFlags(typed: Readonly<Record<string, unknown>>, system?: z.ZodObject): DataOptions {
  const { imageChannels, types, ...rest } = readFlags(beside(system), typed);
  return {
    ...rest,
    ...(imageChannels === undefined ? {} : { channels: imageChannels }),
    ...(types === undefined ? {} : { types: readTypes(types) }),
  };
}

function beside(system: z.ZodObject | undefined): typeof dataOptions {
  const free = Object.entries(dataOptions.shape).filter(([name]) => !(system && name in system.shape));
  // All of them are optional, so that a schema without some still gives what the whole does.
  return z.object(Object.fromEntries(free)) as typeof dataOptions;
}

function readTypes(text: string): NonNullable<DataOptions['types']> {
  const entries = text.split(',').map((part) => {
    const at = part.lastIndexOf('=');
    const [name, type] = [part.slice(0, at), part.slice(at + 1)];
    if (name && type.includes(':')) return [name, type.split(':')] as const;
    const known = columnTypes.find((candidate) => candidate === type);
    if (name && known) return [name, known] as const;
    throw new UsageError(
      `--types ${part}: write NAME=TYPE with a type out of ${columnTypes.join(', ')}, or NAME=low:mid:high`,
    );
  });
  return Object.fromEntries(entries);
}
