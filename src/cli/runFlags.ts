/** What commands that use a trained run have in common: the run, the data to use it on, the file to write. */
import { dirname, extname, relative } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Dataset, type Samples, splitDataset } from '../data/index.js';
import type { SampleSource } from '../evaluation/index.js';
import { type LoadedRun, loadRun, openRunData, writeFileWhole } from '../node/index.js';
import type { RunConfig } from '../node/runs/config.js';
import { makeFolder } from '../node/runs/makeFolder.js';
import type { RunDataOptions } from '../node/runs/runData.js';
import { type Figure, toPng, toSvg } from '../pictures/index.js';
import { findSystem, requiresEveryLabel } from '../systems/index.js';
import { partSource } from '../training/index.js';
import { addDataFlags, readDataFlags } from './dataFlags.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { UsageError } from './exit.js';
import { dataFlag, withFlags } from './flagName.js';
import { dim, note, print, printJson } from './output.js';

export interface RunFlags extends Record<string, unknown> {
  readonly data?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** Adds the argument and flags that come first in the help. */
export function addRunFlags(
  command: Command,
  { usesData, several = false }: { usesData: boolean; several?: boolean },
): void {
  if (several) command.argument('<runs...>', 'one or more, each a folder, a name in runs/, or last');
  else command.argument('<run>', 'a folder, a name in runs/, or last');
  if (usesData)
    command.option('--data <path>', 'samples to use (default: the test part of what the run was trained on)');
  command.option('--json', 'print one JSON object');
}

/** Adds the flags that come last. */
export function addCommonFlags(command: Command, { usesData }: { usesData: boolean }): void {
  if (usesData) addDataFlags(command);
  addEngineFlags(command);
}

/** Loads a run for as long as `f` takes. */
export async function withRun<T>(
  name: string,
  typed: RunFlags,
  f: (run: LoadedRun) => Promise<T>,
): Promise<T> {
  const run = await loadRun(name, { engine: readEngineFlags(typed) });
  try {
    return await f(run);
  } finally {
    await run.close();
  }
}

/** Loads runs one after the other, each for as long as `f` takes. */
export async function withEachRun<T>(
  names: readonly string[],
  typed: RunFlags,
  f: (run: LoadedRun) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const name of names) results.push(await withRun(name, typed, f));
  return results;
}

/** Samples by position: those that `--data` names, or the run's own test part. */
export interface ChosenSamples {
  readonly name: string;
  readonly size: number;
  readonly classes?: readonly string[];
  read(positions: readonly number[]): Promise<Samples>;
  idOf(position: number): string;
}

/**
 * Opens the samples that were chosen for as long as `f` takes.
 *
 * @param options how --data is read, beside what flags say
 * @throws UsageError if the run's system is conditioned on classes, and the samples have none
 */
export async function withSamples<T>(
  { folder }: LoadedRun,
  typed: RunFlags,
  f: (samples: ChosenSamples) => Promise<T>,
  options: RunDataOptions = {},
): Promise<T> {
  const dataset = await openRunData(folder, typed.data, { ...readDataFlags(typed), ...options });
  try {
    if (typed.data !== undefined) for (const notice of dataset.notices) note(dim(withFlags(notice)));
    requireClassesFor(folder.config, dataset);
    return await f(chosen(dataset, typed.data === undefined));
  } finally {
    await dataset.close();
  }
}

/** Opens the training part of the run's own data for as long as `f` takes. */
export async function withTraining<T>(
  { folder }: LoadedRun,
  f: (training: SampleSource) => Promise<T>,
): Promise<T> {
  const own = await openRunData(folder);
  try {
    return await f(partSource(own, splitDataset(own).train));
  } finally {
    await own.close();
  }
}

function requireClassesFor({ system, options, data }: RunConfig, { name, classes }: Dataset): void {
  if (classes || !requiresEveryLabel(findSystem(system), options)) return;
  throw new UsageError(
    `--data: ${system} is conditioned on the class of each sample, and those of ${name} have none; give them classes out of ${data.classes?.join(', ')}`,
  );
}

function chosen(dataset: Dataset, isOwn: boolean): ChosenSamples {
  const { name, size, classes } = dataset;
  const part = isOwn ? splitDataset(dataset).test : { size, at: (position: number) => position };
  return {
    name,
    size: part.size,
    classes,
    read: (positions) => dataset.read(positions.map(part.at)),
    idOf: (position) => dataset.idOf(part.at(position)),
  };
}

/** @throws UsageError naming the first of the flags about data that has nothing to be about */
export function requireDataFor(typed: RunFlags): void {
  const [vain] = Object.keys(readDataFlags(typed));
  if (typed.data === undefined && vain !== undefined) {
    throw new UsageError(
      `${dataFlag(vain)} says how to read data, and has no effect without --data; leave it out`,
    );
  }
}

/** `--count` and `--index`. @param usual the default of --count, in words */
export const choiceOfSamples = (usual: string) => ({
  count: z.number().int().positive().optional().describe(`samples, from the first (default: ${usual})`),
  index: z.array(z.number()).optional().describe('these samples instead, by position'),
});

/** @throws UsageError if both are given */
export function requireOneChoice({ count, index }: { count?: number; index?: readonly number[] }): void {
  if (count !== undefined && index)
    throw new UsageError('--count has no effect beside --index; leave it out');
}

/** Positions that a user named, checked; or the first ones. */
export function positionsOf(
  named: readonly number[] | undefined,
  count: number,
  { size, name }: ChosenSamples,
  flag = '--index',
): number[] {
  const wrong = named?.find((position) => !Number.isInteger(position) || position < 0 || position >= size);
  if (wrong !== undefined)
    throw new UsageError(`${flag} ${wrong}: ${name} has ${size} samples here, numbered from 0`);
  return named ? [...named] : Array.from({ length: Math.min(count, size) }, (_, i) => i);
}

const PICTURE_ENDINGS = ['.png', '.svg'];

/** Adds `-o`: a figure or, with `arrays`, also a file of numbers. */
export function addFigureOutput(
  command: Command,
  name: string,
  { arrays = [], several = false }: { arrays?: readonly string[]; several?: boolean } = {},
): void {
  const toUse = arrays.length > 0 ? ` to look at, ${arrays.join(', ')} to use` : '';
  command.option(
    '-o, --output <file>',
    `file to write: ${PICTURE_ENDINGS.join(' or ')}${toUse} (default: pictures/${name}.png of the run${several ? ', the first of several' : ''})`,
  );
}

/** Whether a file is for a figure or for numbers, by its ending. @throws UsageError if it is for neither */
export function outputKind(path: string | undefined, arrays: readonly string[] = []): 'figure' | 'arrays' {
  const ending = extname(path ?? '.png').toLowerCase();
  if (path === undefined || PICTURE_ENDINGS.includes(ending)) return 'figure';
  if (arrays.includes(ending)) return 'arrays';
  throw new UsageError(
    `--output ${path}: end the name with one of ${[...PICTURE_ENDINGS, ...arrays].join(', ')}`,
  );
}

/** Writes a figure as the ending of its name says, and tells where. */
export async function writeFigure(figure: Figure, path: string, json: boolean | undefined): Promise<void> {
  await saveFigure(figure, path);
  tell(path, json);
}

/** Writes a figure as the ending of its name says. */
export async function saveFigure(figure: Figure, path: string): Promise<void> {
  await makeFolder(dirname(path));
  await writeFileWhole(path, extname(path).toLowerCase() === '.svg' ? toSvg(figure) : toPng(figure));
}

/** Says as a result where something was written. */
export function tell(path: string, json: boolean | undefined, more: object = {}): void {
  if (json) printJson({ output: path, ...more });
  else print(relative(process.cwd(), path) || path);
}
