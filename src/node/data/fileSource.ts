/** A file on disk whose bytes are read by position. */
import { type FileHandle, open } from 'node:fs/promises';
import { type ByteSource, DataError } from '../../data/index.js';
import { storageError } from '../files.js';

/** The system reads at most 2 GiB at a time. */
const MOST_AT_ONCE = 2 ** 30;

/**
 * @param name what messages call it
 * @throws StorageError if the file cannot be opened
 */
export async function fileSource(path: string, name = path): Promise<ByteSource> {
  const file = await attempt(path, () => open(path, 'r'));
  const { size } = await attempt(path, () => file.stat());
  let isOpen = true;
  return {
    name,
    size,
    read: (start, end) => attempt(path, () => readFully(file, name, start, end)),
    async close() {
      if (isOpen) await file.close();
      isOpen = false;
    },
  };
}

async function readFully(file: FileHandle, name: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(bytes.length - done, MOST_AT_ONCE);
    const { bytesRead } = await file.read(bytes, done, length, start + done);
    if (bytesRead === 0)
      throw new DataError(`${name}: became shorter while it was read; leave the file alone and try again`);
    done += bytesRead;
  }
  return bytes;
}

async function attempt<T>(path: string, f: () => Promise<T>): Promise<T> {
  try {
    return await f();
  } catch (error) {
    throw storageError('read', path, error);
  }
}
