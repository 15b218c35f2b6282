/**
 * What tells the data of files from other data: a SHA-256 hash of their names, sizes and bytes.
 *
 * All bytes up to 64 MiB in all. Of more, the beginning, the end and 30 places between of up to 256 files, evenly spread
 * among them: a file that changes its length is always noticed, a change within a large file nearly always.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../files.js';
import { fileSource } from './fileSource.js';
import { inTurns } from './inTurns.js';

const ALL_UP_TO_BYTES = 2 ** 26;
const SAMPLED_FILES = 256;
const SAMPLED_PLACES = 32;
const SAMPLE_BYTES = 4096;

/**
 * @param files paths relative to the folder; a single file may be renamed without changing the hash
 * @throws StorageError if a file cannot be read
 */
export async function fingerprintOf(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const sizes = await inTurns(files, (file) => sizeOf(join(folder, file)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const isWhole = total <= ALL_UP_TO_BYTES;
  for (const [i, file] of files.entries()) hash.update(`${files.length > 1 ? file : ''}\0${sizes[i]}\0`);
  const count = isWhole ? files.length : Math.min(files.length, SAMPLED_FILES);
  for (let i = 0; i < count; i++) {
    const source = await fileSource(join(folder, files[Math.floor((i * files.length) / count)]));
    try {
      for (const [start, end] of isWhole ? [[0, source.size]] : places(source.size)) {
        hash.update(await source.read(start, end));
      }
    } finally {
      await source.close();
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

function places(size: number): [start: number, end: number][] {
  return Array.from({ length: SAMPLED_PLACES }, (_, i) => {
    const start = Math.floor((i * Math.max(0, size - SAMPLE_BYTES)) / (SAMPLED_PLACES - 1));
    return [start, Math.min(size, start + SAMPLE_BYTES)];
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw storageError('read', path, error);
  }
}
