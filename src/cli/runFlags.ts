/** What commands that use a trained run have in common: the run, the data to use it on, the file to write. */
import { mkdir } from 'node:fs/promises';
import { dirname, extname, relative } from 'node:path';
import { Command } from 'commander';
import { type Dataset, type Samples, splitDataset } from '../data/index.js';
import { type LoadedRun, loadRun, openRunData, writeFileWhole } from '../node/index.js';
import { type Figure, toPng, toSvg } from '../pictures/index.js';
import { addDataFlags, readDataFlags } from './dataFlags.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { UsageError } from './errors.js';
import { dim, note, print, printJson } from './output.js';

export interface RunFlags extends Record<string, unknown> {
  readonly data?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** A command on a run; with `data`, also on samples of the run's own data or of other data like it. */
export function runCommand(name: string, description: string, { data }: { data: boolean }): Command {
  const command = new Command(name)
    .description(description)
    .argument('<run>', 'a folder, a name in runs/, or last');
  if (data)
    command.option('--data <path>', 'samples to use (default: the test part of what the run was trained on)');
  command.option('--json', 'print one JSON object');
  return command;
}

/** Adds the flags that come last in the help. */
export function withCommonFlags(command: Command, { data }: { data: boolean }): Command {
  if (data) addDataFlags(command);
  return addEngineFlags(command);
}

export function loadFor(run: string, typed: RunFlags): Promise<LoadedRun> {
  return loadRun(run, { engine: readEngineFlags(typed) });
}

/** Samples by position: those that `--data` names, or the run's own test part. */
export interface ChosenSamples {
  readonly dataset: Dataset;
  readonly size: number;
  read(positions: readonly number[]): Promise<Samples>;
  idOf(position: number): string;
}

export async function chooseSamples({ folder }: LoadedRun, typed: RunFlags): Promise<ChosenSamples> {
  const dataset = await openRunData(folder, typed.data, readDataFlags(typed));
  const part =
    typed.data === undefined
      ? splitDataset(dataset).test
      : { size: dataset.size, at: (position: number) => position };
  if (typed.data !== undefined) for (const notice of dataset.notices) note(dim(notice));
  return {
    dataset,
    size: part.size,
    read: (positions) => dataset.read(positions.map(part.at)),
    idOf: (position) => dataset.idOf(part.at(position)),
  };
}

/** Positions that a user named, checked; or the first ones. */
export function positionsOf(
  named: readonly number[] | undefined,
  count: number,
  { size, dataset }: ChosenSamples,
): number[] {
  const wrong = named?.find((position) => !Number.isInteger(position) || position < 0 || position >= size);
  if (wrong !== undefined)
    throw new UsageError(`--index ${wrong}: ${dataset.name} has samples 0 to ${size - 1} here`);
  return named ? [...named] : Array.from({ length: Math.min(count, size) }, (_, i) => i);
}

/** Writes a figure as the ending of its name says, and tells where. */
export async function writeFigure(figure: Figure, path: string, json: boolean | undefined): Promise<void> {
  const ending = extname(path).toLowerCase();
  if (ending !== '.png' && ending !== '.svg')
    throw new UsageError(`--output ${path}: end the name with .png or .svg`);
  await inFolder(path);
  await writeFileWhole(path, ending === '.png' ? toPng(figure) : toSvg(figure));
  tell(path, json, {});
}

export async function inFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
}

export function tell(path: string, json: boolean | undefined, more: Readonly<Record<string, unknown>>): void {
  if (json) printJson({ output: path, ...more });
  else print(relative(process.cwd(), path) || path);
}
