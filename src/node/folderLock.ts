/**
 * A lock on a run folder, so that no two processes write to it.
 *
 * It is a file that names its holder. A holder that died without giving the lock back is recognised by its process
 * being gone, and the lock passes to whoever asks next.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { errorCode, removeTemporaryFiles, StorageError, storageError } from './files.js';

/** Name of the file in a folder that is locked. */
export const LOCK_FILE = '.lock';
/** How often to look again at a lock that is just being written, and how long to wait in between. */
const LOOKS = 5;
const WAIT_MS = 20;
/** How often to look again at a holder: one that was killed takes a moment to be gone. */
const HOLDER_LOOKS = 25;

const Holder = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** When the process started, where that is known: process numbers are used again. */
  born: z.string().optional(),
  /** Tells two locks of one process apart. */
  id: z.string(),
});
type Holder = z.infer<typeof Holder>;

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a folder, and removes what a killed holder left half-written there.
 *
 * @throws StorageError naming the process that holds it, or what kept the lock from being written
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK_FILE);
  const born = await birth(process.pid);
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), born, id: randomUUID() });
  try {
    await acquire(folder, path, mine);
  } catch (error) {
    throw storageError('lock', path, error);
  }
  // What cannot be removed only takes up space.
  await removeTemporaryFiles(folder).catch(() => {});
  return {
    release: async () => {
      if ((await contents(path)) === mine) await rm(path, { force: true });
    },
  };
}

/**
 * Makes `path` hold `mine`, which nobody else can do at the same time.
 *
 * A stale lock is replaced by whoever holds a second lock, named after what the stale one says. So of several that find
 * it stale one replaces it, and one that comes late finds that it no longer says what the second lock is named after.
 */
async function acquire(folder: string, path: string, mine: string): Promise<void> {
  while (!(await create(path, mine))) {
    const found = await settledContents(path);
    if (found === undefined) continue;
    const holder = holderOf(found);
    if (holder && !(await isGone(holder))) throw held(folder, path, holder);
    const second = `${path}-${createHash('sha256').update(found).digest('hex').slice(0, 16)}`;
    await acquire(folder, second, mine);
    if ((await contents(path)) === found) {
      await rename(second, path);
      return;
    }
    await rm(second);
  }
}

async function create(path: string, mine: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx');
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await file.writeFile(mine);
  } catch (error) {
    // On a full disk a file can be made, and nothing be written to it.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  // A process that stood still before it wrote may have been taken for dead.
  return (await contents(path)) === mine;
}

async function contents(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a lock says. One that says nothing is being written this moment, unless it stays so. */
async function settledContents(path: string): Promise<string | undefined> {
  let found = await contents(path);
  for (let look = 1; found !== undefined && !holderOf(found) && look < LOOKS; look++) {
    await setTimeout(WAIT_MS);
    found = await contents(path);
  }
  return found;
}

function holderOf(contents: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(contents));
  } catch {
    return undefined;
  }
}

function held(folder: string, path: string, { pid, host }: Holder): StorageError {
  const here = host === hostname();
  const who = `process ${pid}${here ? '' : ` on ${host}`}`;
  const gone = here ? '' : `, or remove ${path} if it is gone`;
  return new StorageError(
    path,
    'EBUSY',
    `${folder} is being written by ${who}; wait for it or stop it${gone}`,
  );
}

async function isGone(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return false;
  for (let look = 1; await isAlive(holder); look++) {
    if (look === HOLDER_LOOKS) return false;
    await setTimeout(WAIT_MS);
  }
  return true;
}

async function isAlive({ pid, born }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
  return born === undefined || born === (await birth(pid));
}

/**
 * What tells a process from others that had or will have its number: the boot and the clock tick it started at.
 * Undefined where the system does not say, and for a process that has ended and only waits to be asked how.
 */
async function birth(pid: number): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Fields 3 and 22, counted behind the program's name, which is in parentheses and may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? undefined : `${boot.trim()} ${started}`;
  } catch {
    return undefined;
  }
}
