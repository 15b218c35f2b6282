/**
 * Files that appear whole or not at all, and errors of the disk in words.
 *
 * A file is written beside its place, brought to the disk, and only then given its name: whoever looks, and whenever
 * the process or the machine dies, finds the old file or the new one.
 */
import { randomUUID } from 'node:crypto';
import { ftruncateSync, writeSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DataError } from '../data/index.js';

/** What kept a file from being read or written, in one sentence that names the file and what to do. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly path: string,
    /** The system's name for the problem, such as `ENOSPC`. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

type Action = 'read' | 'write' | 'lock';

const ANOTHER_PLACE = 'choose a place that can be written to';
const PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space or choose a folder on another disk',
  EDQUOT: 'your share of the disk is full; free some space or choose a folder on another disk',
  EFBIG: 'it would be larger than files may be here; choose a folder on another disk',
  EROFS: `the disk is read-only; ${ANOTHER_PLACE}`,
  EACCES: `permission was denied; change the permissions or ${ANOTHER_PLACE}`,
  EPERM: `permission was denied; change the permissions or ${ANOTHER_PLACE}`,
  ENOTDIR: 'a part of its path is a file, not a folder; check the path',
  EISDIR: 'it is a folder, not a file; check the path',
  EEXIST: 'a file of that name is there; choose another name',
  ENAMETOOLONG: 'its name is too long; choose a shorter one',
  EMFILE: 'too many files are open; raise the limit (ulimit -n) or close other programs',
  ENFILE: 'too many files are open; close other programs',
  EIO: 'the disk reports a fault; check it or choose a folder on another disk',
};

/** The system's name for an error, where it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** An error of the file system as a `StorageError`; any other error is given back as it is. */
export function storageError(action: Action, path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined || error instanceof StorageError) return error;
  const missing =
    action === 'read'
      ? 'there is no such file; check the path'
      : `the folder ${dirname(path)} does not exist; create it first`;
  const known = code === 'ENOENT' ? missing : PROBLEMS[code];
  const problem = known ?? `the system reports ${code}; check the disk or choose another place`;
  return new StorageError(path, code, `cannot ${action} ${path}: ${problem}`, { cause: error });
}

/** @throws StorageError if the file cannot be read */
export async function readBytes(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    let length = 0;
    // In parts, because one read gives at most 2 GiB; and until nothing comes, should the file shrink meanwhile.
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, Math.min(size - length, 2 ** 30));
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    throw storageError('read', path, error);
  } finally {
    await file?.close();
  }
}

/**
 * @throws StorageError if the file cannot be read
 * @throws DataError if it is not JSON
 */
export async function readJson(path: string): Promise<unknown> {
  const bytes = await readBytes(path);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    // It quotes the file, with its ends of lines.
    const problem = String(error instanceof Error ? error.message : error).replace(/\s+/g, ' ');
    throw new DataError(
      `${path} is not JSON (${problem}); it was changed or damaged, so restore or remove it`,
    );
  }
}

/**
 * Writes a file so that it is there whole or not at all, and replaces one of the same name.
 *
 * @throws StorageError if it cannot be written; what was there before is then as it was
 */
export async function writeFileWhole(path: string, data: Uint8Array | string): Promise<void> {
  const folder = dirname(resolve(path));
  const temporary = temporaryPath(folder);
  try {
    await writeThrough(temporary, data);
    await renamePatiently(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    // The first error is the one to tell; this is only cleaning up behind it.
    await rm(temporary, { force: true }).catch(() => {});
    throw storageError('write', path, error);
  }
}

/** Writes JSON for people and machines, whole or not at all. @throws StorageError if it cannot be written */
export function writeJsonWhole(path: string, value: object): Promise<void> {
  return writeFileWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

const TEMPORARY_PREFIX = '.vaekit-';
const TEMPORARY_SUFFIX = '.tmp';

/** A new path in a folder for what only this process is to see; `removeTemporaryFiles` knows it by its name. */
export function temporaryPath(folder: string): string {
  return join(folder, `${TEMPORARY_PREFIX}${randomUUID()}${TEMPORARY_SUFFIX}`);
}

/** Removes what a killed process left half-written in a folder and below. Nobody may be writing there. */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const isTemporary = entry.name.startsWith(TEMPORARY_PREFIX) && entry.name.endsWith(TEMPORARY_SUFFIX);
    if (isTemporary && entry.isFile()) await rm(join(entry.parentPath, entry.name), { force: true });
  }
}

/**
 * Writes bytes at a position of an open file, all of them or none.
 *
 * @param fd       of a file opened for writing
 * @param position where the file ends
 */
export function appendSync(fd: number, bytes: Uint8Array, position: number): void {
  try {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(fd, bytes, written, bytes.length - written, position + written);
    }
  } catch (error) {
    try {
      ftruncateSync(fd, position);
    } catch {
      // What kept the bytes from being written is the error to tell.
    }
    throw error;
  }
}

async function writeThrough(path: string, data: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** On Windows a file cannot be replaced while a virus scanner or a viewer has it open, which soon passes. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let waitMs = 10; ; waitMs *= 2) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = errorCode(error);
      const passes = code === 'EPERM' || code === 'EACCES' || code === 'EBUSY';
      if (process.platform !== 'win32' || !passes || waitMs > 1000) throw error;
      await new Promise((wake) => setTimeout(wake, waitMs));
    }
  }
}

/** Brings the folder's list of names to the disk; Windows and some network disks do so unasked and refuse to be. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}
