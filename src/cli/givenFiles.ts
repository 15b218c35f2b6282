/** Several files and folders as one run of samples, in the order they were typed. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Dataset, generatedNames } from '../data/index.js';
import { type LoadedRun, openRunData } from '../node/index.js';
import { readDataFlags } from './dataFlags.js';
import { UsageError } from './exit.js';
import { withFlags } from './flagName.js';
import { dim, note } from './output.js';
import type { RunFlags } from './runFlags.js';

/** Samples of all that was named, one after the other. */
export interface GivenSamples {
  readonly size: number;
  /** Of each sample, where all are files; otherwise none. */
  readonly names: readonly string[];
  /** What the files take on the disk, where samples are read from files. */
  readonly bytes?: number;
  read(start: number, count: number): ReturnType<Dataset['read']>;
  close(): Promise<void>;
}

/**
 * Opens files and folders as data for a run.
 *
 * @throws UsageError if two files have one name
 */
export async function openGiven(
  { folder }: LoadedRun,
  files: readonly string[],
  typed: RunFlags,
): Promise<GivenSamples> {
  const opened: Dataset[] = [];
  const close = async () => {
    for (const dataset of opened) await dataset.close();
  };
  try {
    for (const file of files) {
      const dataset = await openRunData(folder, file, { ...readDataFlags(typed), hasOwnClasses: true });
      opened.push(dataset);
      for (const notice of dataset.notices) note(dim(withFlags(notice)));
    }
    const places = opened.flatMap((dataset) =>
      Array.from({ length: dataset.size }, (_, index) => ({ dataset, index })),
    );
    const sizes = await Promise.all(files.map((file, i) => sizeOnDisk(file, opened[i])));
    const areFiles = sizes.every(({ isOfFiles }) => isOfFiles);
    const names = areFiles ? places.map(({ dataset, index }) => dataset.idOf(index)) : [];
    const known = new Set<string>();
    const twice = names.find((name) => known.size === known.add(name).size);
    if (twice !== undefined)
      throw new UsageError(`two of the files are called ${twice}; give the folder that both are in`);
    const bytes = sizes.reduce<number | undefined>(
      (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
      0,
    );
    return {
      size: places.length,
      names,
      bytes,
      async read(start, count) {
        const { spec } = folder.config.data;
        const one = numbersOf(spec.shape);
        const x = spec.dtype === 'uint8' ? new Uint8Array(count * one) : new Float32Array(count * one);
        for (let at = 0; at < count; ) {
          const { dataset, index } = places[start + at];
          const some = Math.min(count - at, dataset.size - index);
          const part = await dataset.read(Array.from({ length: some }, (_, i) => index + i));
          x.set(part.x, at * one);
          at += some;
        }
        return { x };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a source takes on the disk, and whether each of its samples is a file of its own. */
async function sizeOnDisk(source: string, dataset: Dataset): Promise<{ size?: number; isOfFiles: boolean }> {
  if (generatedNames.includes(source)) return { isOfFiles: false };
  const place = await stat(source);
  if (!place.isDirectory()) return { size: place.size, isOfFiles: dataset.idOf(0) === basename(source) };
  const there = new Set(await readdir(source, { recursive: true }));
  const names = Array.from({ length: dataset.size }, (_, index) => dataset.idOf(index));
  if (!names.every((name) => there.has(name))) return { isOfFiles: false };
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(source, name))).size));
  return { size: sizes.reduce((sum, size) => sum + size, 0), isOfFiles: true };
}

/** Numbers of a sample of this shape. */
export const numbersOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
