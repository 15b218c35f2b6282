/** `vaekit decompress FILE`: what `compress` has written, as pictures, a table or an array in a folder. */
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { DataError, type SampleSpec } from '../data/index.js';
import { readBytes, temporaryPath } from '../node/files.js';
import { type Decompressed, decompress, readContainer, writeFileWhole } from '../node/index.js';
import { makeFolder } from '../node/runs/makeFolder.js';
import { encodePng, imagesOf } from '../pictures/index.js';
import { shownProgress } from './compress.js';
import { addEngineFlags } from './engineFlags.js';
import { UsageError } from './exit.js';
import { numbersOf } from './givenFiles.js';
import { type RunFlags, tell, withRun } from './runFlags.js';
import { writeSamples } from './writeArrays.js';

interface DecompressFlags extends RunFlags {
  readonly run?: string;
}

export function defineDecompress(command: Command): void {
  command.argument('<file>', 'what vaekit compress has written');
  command.option('--run <run>', 'a folder, a name in runs/, or last (default: as it was called then)');
  command.option(
    '-o, --output <folder>',
    'folder to make (default: the name of the file, without its ending)',
  );
  command.option('--json', 'print one JSON object');
  addEngineFlags(command);
  command.action(async (file: string, typed: DecompressFlags) => {
    const bytes = await readBytes(file);
    const { run: name } = readContainer(bytes, file);
    const bare = basename(file, extname(file));
    const folder = typed.output ?? (bare === basename(file) ? `${bare}-decompressed` : bare);
    await requireFree(folder);
    await withRun(typed.run ?? name, typed, async (run) => {
      const found = await decompress(run, bytes, file, { onProgress: shownProgress() });
      const { spec } = run.folder.config.data;
      await makeFolder(dirname(resolve(folder)));
      const making = temporaryPath(dirname(resolve(folder)));
      try {
        await makeFolder(making);
        await writeAll(making, spec, found, file);
        // An empty folder gives way.
        await rm(folder, { force: true, recursive: true });
        await rename(making, folder);
      } catch (error) {
        await rm(making, { force: true, recursive: true }).catch(() => {});
        throw error;
      }
      tell(folder, typed.json, { samples: found.count, prior: found.priorName });
    });
  });
}

/** @throws UsageError if there is something of that name, other than an empty folder */
async function requireFree(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    return [folder];
  });
  if (there.length > 0)
    throw new UsageError(`--output ${folder}: is there already; name a folder that is not, or an empty one`);
}

/** Samples that are decoded at a time. */
const CHUNK = 256;

async function writeAll(folder: string, spec: SampleSpec, found: Decompressed, file: string): Promise<void> {
  const { count, read } = found;
  const channels = spec.kind === 'image' ? spec.shape[2] : 0;
  if (spec.kind !== 'image' || spec.dtype !== 'uint8' || ![1, 3, 4].includes(channels)) {
    const x = new Float32Array(count * numbersOf(spec.shape));
    for (let start = 0; start < count; start += CHUNK)
      x.set(await read(start, Math.min(CHUNK, count - start)), start * numbersOf(spec.shape));
    return writeSamples(join(folder, `samples.${spec.kind === 'table' ? 'csv' : 'npz'}`), spec, x, {});
  }
  const [height, width] = spec.shape;
  const names = pictureNames(found, file);
  for (let start = 0; start < count; start += CHUNK) {
    const some = Math.min(CHUNK, count - start);
    const data = Uint8Array.from(await read(start, some));
    const images = imagesOf({ data, shape: [some, height, width, channels] });
    for (const [i, image] of images.entries()) {
      const path = join(folder, names[start + i]);
      await makeFolder(dirname(path));
      await writeFileWhole(path, encodePng(image));
    }
  }
}

/** Names of PNG files: those of the pictures that were compressed, or numbers. */
function pictureNames({ names, count }: Decompressed, file: string): string[] {
  if (names.length === 0) {
    const digits = String(count - 1).length;
    return Array.from({ length: count }, (_, i) => `${String(i).padStart(digits, '0')}.png`);
  }
  const outside = names.find(
    (name) => name === '' || isAbsolute(name) || /^[a-z]:/i.test(name) || name.split(/[\\/]/).includes('..'),
  );
  if (outside !== undefined)
    throw new DataError(
      `${file} names a picture '${outside}', which is no place within a folder; it was changed`,
    );
  const stems = names.map((name) => name.slice(0, name.length - extname(name).length));
  const seen = new Map<string, number>();
  for (const stem of stems) seen.set(stem, (seen.get(stem) ?? 0) + 1);
  // Where a.jpg and a.png would both be a.png, they keep their endings.
  return names.map((name, i) => `${seen.get(stems[i]) === 1 ? stems[i] : name}.png`);
}
