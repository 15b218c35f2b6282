/** Folders made on the way to a file. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode, StorageError, storageError } from '../files.js';

/**
 * Makes a folder with all above it, where they are not there.
 *
 * @returns those that had to be made, outermost first
 * @throws StorageError if the disk refuses
 */
export async function makeFolder(path: string): Promise<string[]> {
  try {
    return await make(resolve(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new StorageError(
        path,
        'ENOENT',
        `cannot write ${path}: no folder can be made there; choose a place that can be written to`,
        { cause: error },
      );
    throw storageError('write', path, error);
  }
}

/** Step by step: where a file system such as /proc takes no folders, Node's own recursive mkdir never comes back. */
async function make(path: string): Promise<string[]> {
  if (await isFolder(path)) return [];
  const parent = dirname(path);
  // On Windows a drive may be missing, above which there is nothing.
  const above = parent === path ? [] : await make(parent);
  try {
    await mkdir(path);
    return [...above, path];
  } catch (error) {
    // Another process may have made it meanwhile.
    if (errorCode(error) === 'EEXIST' && (await isFolder(path))) return above;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
