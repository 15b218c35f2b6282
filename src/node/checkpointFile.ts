/**
 * Checkpoint files: safetensors that carry their own SHA-256, so that a changed byte is noticed before it is loaded.
 *
 * The checksum stands in the metadata and covers the whole file as it was while zeros stood in its place.
 */
import { createHash } from 'node:crypto';
import { DataError } from '../data/index.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type StoredTensor,
} from '../training/safetensors.js';
import { readBytes, writeFileWhole } from './files.js';

const CHECKSUM = 'sha256';
const ZEROS = '0'.repeat(64);

/** @throws StorageError if the file cannot be written; one of the same name is then as it was */
export async function writeCheckpoint(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const bytes = encodeSafetensors(tensors, { ...metadata, [CHECKSUM]: ZEROS });
  const place = checksumPlace(bytes, ZEROS);
  place.write(createHash('sha256').update(bytes).digest('hex'), 'latin1');
  await writeFileWhole(path, bytes);
}

/**
 * @param remedy what the user can do about a damaged one
 * @throws StorageError if the file cannot be read
 * @throws DataError if it is not what `writeCheckpoint` wrote
 */
export async function readCheckpoint(path: string, remedy = 'restore it from a copy'): Promise<Safetensors> {
  const bytes = await readBytes(path);
  const damaged = (problem: string) =>
    new DataError(`checkpoint ${path} was changed or damaged: ${problem}; ${remedy}`);
  let file: Safetensors;
  try {
    file = decodeSafetensors(bytes);
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error));
  }
  const { [CHECKSUM]: checksum, ...metadata } = file.metadata;
  const place = checksum?.length === ZEROS.length ? checksumPlace(bytes, checksum) : undefined;
  if (!place?.length) throw damaged('it carries no checksum of vaekit');
  place.write(ZEROS, 'latin1');
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== checksum) throw damaged(`its checksum is ${brief(actual)}, not ${brief(checksum)}`);
  return { tensors: file.tensors, metadata };
}

/** The bytes of the checksum in a file; empty if it is not there as `writeCheckpoint` writes it. */
function checksumPlace(bytes: Uint8Array, checksum: string): Buffer {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const key = `"${CHECKSUM}":"`;
  const at = file.indexOf(`${key}${checksum}"`) + key.length;
  return at < key.length ? file.subarray(0, 0) : file.subarray(at, at + checksum.length);
}

const brief = (checksum: string) => `${checksum.slice(0, 12)}…`;
