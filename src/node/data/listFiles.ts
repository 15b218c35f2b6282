/** The files of a folder and its sub-folders, in an order that does not depend on the system. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../../data/index.js';
import { errorCode, storageError } from '../files.js';

/** What systems leave behind in folders. */
const litter = new Set(['__MACOSX', 'Thumbs.db', 'desktop.ini']);

/**
 * Paths relative to the folder, with / between their parts, by code point. Hidden files are left out; links are followed,
 * but no folder is entered twice.
 *
 * @throws StorageError if a folder cannot be read
 */
export async function listFiles(root: string): Promise<string[]> {
  const entered = new Set<string>();
  const files: string[] = [];
  const enter = async (folder: string, prefix: string): Promise<void> => {
    const real = await realpath(folder);
    if (entered.has(real)) return;
    entered.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || litter.has(entry.name)) continue;
      const path = join(folder, entry.name);
      const kind = await kindOf(path, entry);
      if (kind === 'folder') await enter(path, `${prefix}${entry.name}/`);
      if (kind === 'file') files.push(prefix + entry.name);
    }
  };
  try {
    await enter(root, '');
  } catch (error) {
    throw storageError('read', root, error);
  }
  return files.sort(byCodePoint);
}

async function kindOf(path: string, entry: Dirent): Promise<'file' | 'folder' | 'other'> {
  const target = entry.isSymbolicLink() ? await stat(path).catch(ifMissing) : entry;
  if (target?.isDirectory()) return 'folder';
  return target?.isFile() ? 'file' : 'other';
}

/** A link that leads nowhere is no file. */
function ifMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}
