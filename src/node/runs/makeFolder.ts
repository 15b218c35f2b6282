/** Folders made on the way to a file. */
import { mkdir } from 'node:fs/promises';
import { storageError } from '../files.js';

/**
 * Makes a folder with all above it, where they are not there.
 *
 * @returns the first that had to be made
 * @throws StorageError if the disk refuses
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (error) {
    throw storageError('write', path, error);
  }
}
