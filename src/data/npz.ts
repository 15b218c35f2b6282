/** NPZ files: zip archives of NPY files, as numpy.savez writes them. */
import { zipSync } from 'fflate';
import type { ByteSource } from './bytes.js';
import { DataError } from './dataset.js';
import type { Elements } from './elements.js';
import { encodeNpy, openNpy } from './npy.js';
import type { StoredArray } from './storedArray.js';
import { readZip } from './zip.js';

/** Arrays by name, unpacked one by one as they are opened. */
export type Npz = ReadonlyMap<string, () => Promise<StoredArray>>;

/** @throws DataError if the file is no zip archive, is cut short, or holds no array */
export async function openNpz(source: ByteSource): Promise<Npz> {
  const entries = (await readZip(source)).filter(({ name }) => name.endsWith('.npy'));
  if (entries.length === 0) {
    throw new DataError(`${source.name}: holds no array (.npy); save it with numpy.savez`);
  }
  return new Map(
    entries.map((entry) => [entry.name.slice(0, -'.npy'.length), async () => openNpy(await entry.open())]),
  );
}

/** An NPZ file of named arrays; equal arrays give equal bytes. */
export function encodeNpz(
  arrays: Readonly<Record<string, { values: Elements | readonly string[]; shape: readonly number[] }>>,
): Uint8Array<ArrayBuffer> {
  const files = Object.entries(arrays).map(([name, { values, shape }]) => [
    `${name}.npy`,
    encodeNpy(values, shape),
  ]);
  // The first date that zip knows, so that the bytes do not depend on the day.
  return zipSync(Object.fromEntries(files), { mtime: new Date(1980, 0, 1) });
}
