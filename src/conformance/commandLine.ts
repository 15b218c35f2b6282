/** The command line run as its users run it, in a process of its own, and small data to run it on. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import { encodeNpz } from '../data/index.js';
import type { RunSummary } from '../node/index.js';
import { RandomStream } from '../random/index.js';
import { type Environment, type Outcome, type RunningProcess, startProcess } from './processes.js';

/** The program, for those who start it otherwise than below. */
export const PROGRAM = fileURLToPath(new URL('../bin/vaekit.js', import.meta.url));

export interface CommandOptions {
  readonly env?: Environment;
  /** What Node itself is given, before the program. */
  readonly node?: readonly string[];
}

/** Starts `vaekit …` in a folder. */
export function startVaekit(
  folder: string,
  words: readonly string[],
  { env, node = [] }: CommandOptions = {},
): RunningProcess {
  return startProcess(folder, [process.execPath, ...node, PROGRAM, ...words], env);
}

/** Runs `vaekit …` in a folder to its end. */
export function vaekit(folder: string, words: readonly string[], options?: CommandOptions): Promise<Outcome> {
  return startVaekit(folder, words, options).outcome;
}

/** Runs a line of a shell script that knows `vaekit`; a pipe fails if any part of it does. */
export function runInShell(folder: string, line: string): Promise<Outcome> {
  const program = `vaekit() { "${process.execPath}" "${PROGRAM}" "$@"; }`;
  return startProcess(folder, ['bash', '-o', 'pipefail', '-c', `${program}\n${line}`]).outcome;
}

/**
 * Runs a command that must succeed, and gives what it printed.
 *
 * @throws Error with what it said on stderr, if it fails
 */
export async function resultOf(
  folder: string,
  words: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await vaekit(folder, words, options);
  if (code !== 0) throw new Error(`vaekit ${words.join(' ')} ended with ${code}:\n${stderr}`);
  return stdout;
}

/** An empty folder that is removed after the tests of the file that asks for it. */
export async function temporaryFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `vaekit-${name}-`));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Options that make a training as short as one can be: a few seconds, most of them for starting and drawing. */
export const SHORT: readonly string[] =
  '--steps 20 --evaluate-every 10 --batch-size 16 --architecture mlp --hidden 16 --latent 3'.split(' ');

/** Trains a system shortly, unless words after its name say otherwise, and gives what came out. */
export async function trainShort(folder: string, [system, ...words]: readonly string[]): Promise<RunSummary> {
  return JSON.parse(await resultOf(folder, ['train', system, ...SHORT, ...words, '--json']));
}

const CLASSES = { blue: [40, 90, 220], orange: [240, 150, 30] } as const;

export interface PictureOptions {
  /** Pictures of each class. @default 40 */
  readonly each?: number;
  /** Side in pixels. @default 12 */
  readonly side?: number;
  readonly seed?: number;
}

/** A folder of colour PNGs in a sub-folder for each of two classes: bright squares on a dark ground. */
export async function makePictures(
  folder: string,
  { each = 40, side = 12, seed = 0 }: PictureOptions = {},
): Promise<string> {
  for (const [name, color] of Object.entries(CLASSES)) {
    await mkdir(join(folder, name), { recursive: true });
    const places = new RandomStream(seed, name).uniform(new Float32Array(2 * each));
    for (let i = 0; i < each; i++) {
      const [left, top] = [places[2 * i], places[2 * i + 1]].map((u) => Math.floor((u * side) / 2));
      const pixels = Buffer.alloc(side * side * 3, 20);
      for (let y = top; y < top + side / 2; y++)
        for (let x = left; x < left + side / 2; x++) pixels.set(color, 3 * (y * side + x));
      const picture = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
      await picture.png().toFile(join(folder, name, `${String(i).padStart(3, '0')}.png`));
    }
  }
  return folder;
}

/** Column names and types of the table below, as `vaekit data` should find them. */
export const TABLE_COLUMNS = {
  height: 'numeric',
  weight: 'numeric',
  visits: 'count',
  colour: 'categorical',
} as const;

/** A CSV file with ids, two numeric columns that go together, counts, and categories of which one needs quoting. */
export async function makeTable(
  path: string,
  { rows = 120, seed = 0 }: { rows?: number; seed?: number } = {},
): Promise<string> {
  const noise = new RandomStream(seed, 'table').normal(new Float32Array(3 * rows));
  const colours = ['green', '"blue, pale"', 'red'];
  const lines = Array.from({ length: rows }, (_, i) => {
    const height = 170 + 10 * noise[3 * i];
    const weight = 0.8 * height - 66 + 4 * noise[3 * i + 1];
    const visits = Math.floor(Math.abs(4 * noise[3 * i + 2]));
    return [`row-${rows - i}`, height.toFixed(2), weight.toFixed(2), visits, colours[visits % 3]].join(',');
  });
  await writeFile(path, ['id', ...Object.keys(TABLE_COLUMNS)].join(',').concat('\n', lines.join('\n'), '\n'));
  return path;
}

/** An NPZ file of grey 8×8 pictures `x` and classes `y`: the left or the right half is bright. */
export async function makeArrays(path: string, { count = 100 }: { count?: number } = {}): Promise<string> {
  const side = 8;
  const y = Int32Array.from({ length: count }, (_, i) => i % 2);
  const noise = new RandomStream(0, 'arrays').uniform(new Float32Array(count * side * side));
  const x = Uint8Array.from(noise, (u, i) => {
    const isLeft = i % side < side / 2;
    const isBright = isLeft === (y[Math.floor(i / side ** 2)] === 0);
    return Math.floor(64 * u) + (isBright ? 160 : 16);
  });
  await writeFile(
    path,
    encodeNpz({ x: { values: x, shape: [count, side, side] }, y: { values: y, shape: [count] } }),
  );
  return path;
}
