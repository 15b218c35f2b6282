/** Runs by what users call them: a folder, a name in `runs/`, or `last`; and a place for a new one. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../data/index.js';
import { nearestName } from '../../systems/index.js';
import { errorCode, storageError } from '../files.js';
import { makeFolder } from './makeFolder.js';

const RUNS = 'runs';

/** @throws DataError if there is no such run */
export async function findRun(run: string): Promise<string> {
  if (run === 'last') return newestRun();
  if (await isFolder(run)) return run;
  const named = join(RUNS, run);
  if (await isFolder(named)) return named;
  const nearest = nearestName(run, await runNames());
  throw new DataError(
    `there is no run '${run}'${nearest ? `; did you mean '${nearest}'?` : `, neither as a folder nor in ${RUNS}/; vaekit train makes one`}`,
  );
}

/**
 * Makes an empty folder for a new run: runs/<system>-<data>-<n>, n being the first that is free. Of several processes
 * that ask at once, each gets its own.
 *
 * @throws StorageError if the disk refuses
 */
export async function makeRunFolder(system: string, data: string): Promise<string> {
  const bare = data.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const stem = `${system}-${bare.replace(/^-+|-+$/g, '') || 'data'}`;
  await makeFolder(RUNS);
  for (let n = 1; ; n++) {
    const path = join(RUNS, `${stem}-${n}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw storageError('write', path, error);
    }
  }
}

async function newestRun(): Promise<string> {
  const dated = await Promise.all(
    (await runNames()).map(async (name) => {
      const config = await stat(join(RUNS, name, 'config.json')).catch(() => undefined);
      return { path: join(RUNS, name), time: config?.mtimeMs ?? -1 };
    }),
  );
  const newest = dated.filter(({ time }) => time >= 0).sort((a, b) => b.time - a.time)[0];
  if (!newest) throw new DataError(`there is no run in ${RUNS}/ yet; vaekit train makes one`);
  return newest.path;
}

async function runNames(): Promise<string[]> {
  const entries = await readdir(RUNS, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
