/**
 * The file that compressed samples are kept in:
 *
 *   'vkc' 1        what it is, and the version of this layout
 *   8 + 8 bytes    of the SHA-256 of the run's weights, and of the prior
 *   text × 3       name of the prior, of the run, and what computed the probabilities
 *   numbers        samples, indices of each, axes of a sample and their lengths
 *   4 bytes        CRC-32C of the indices
 *   block × 2      names of the samples, deflated, where they have any; what the range coder wrote
 *   4 bytes        CRC-32C of all before
 *
 * Numbers are in base 128, lowest digit first, with a bit that says that more follow; texts and blocks begin with their length.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DataError } from '../../data/index.js';
import { crc32c } from '../crc32c.js';

export interface Container {
  /** First bytes of the hashes of the run's weights and of the prior. */
  readonly weights: Uint8Array;
  readonly prior: Uint8Array;
  readonly priorName: string;
  /** Name of the run's folder. */
  readonly run: string;
  /** What computed the probabilities, in words. */
  readonly engine: string;
  readonly count: number;
  /** Indices of a sample. */
  readonly size: number;
  /** Shape of a sample. */
  readonly shape: readonly number[];
  /** CRC-32C of the indices. */
  readonly checksum: number;
  /** Of each sample, where samples are files; otherwise empty. */
  readonly names: readonly string[];
  readonly codes: Uint8Array;
}

const MAGIC = Uint8Array.from('vkc', (letter) => letter.charCodeAt(0));
const VERSION = 1;
export const HASH_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** No names are longer, whatever a file says. */
const MOST_NAME_BYTES = 2 ** 28;
const SEPARATOR = '\0';

export function writeContainer(file: Container): Uint8Array {
  const text = new TextEncoder();
  const names = file.names.length > 0 ? deflateRawSync(text.encode(file.names.join(SEPARATOR))) : [];
  const bytes = Uint8Array.from([
    ...MAGIC,
    VERSION,
    ...file.weights,
    ...file.prior,
    ...[file.priorName, file.run, file.engine].flatMap((each) => block(text.encode(each))),
    ...[file.count, file.size, file.shape.length, ...file.shape].flatMap(digits),
    ...word(file.checksum),
    ...block(names),
    ...digits(file.codes.length),
  ]);
  const whole = new Uint8Array(bytes.length + file.codes.length + CHECKSUM_BYTES);
  whole.set(bytes);
  whole.set(file.codes, bytes.length);
  const end = whole.length - CHECKSUM_BYTES;
  whole.set(word(crc32c(whole.subarray(0, end))), end);
  return whole;
}

/** @throws DataError if it is no such file, or is not as it was written */
export function readContainer(bytes: Uint8Array, path: string): Container {
  if (bytes.length === 0) throw new DataError(`${path} is empty; give a file that vaekit compress wrote`);
  if (MAGIC.some((byte, i) => bytes[i] !== byte))
    throw new DataError(`${path} is no file that vaekit compress wrote; give one that is`);
  if (bytes[MAGIC.length] !== VERSION)
    throw new DataError(
      `${path} has version ${bytes[MAGIC.length]} of its layout, and this vaekit reads ${VERSION}; use the vaekit that wrote it`,
    );
  const end = bytes.length - CHECKSUM_BYTES;
  const damaged = new DataError(
    `${path} was cut short or changed: its checksum is not that of its bytes; restore it from a copy`,
  );
  if (end < MAGIC.length + 1) throw damaged;
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true);
  if (stored !== crc32c(bytes.subarray(0, end))) throw damaged;
  // What has its checksum is what was written, unless someone wrote it to mislead: lengths are checked all the same.
  let at = MAGIC.length + 1;
  const take = (length: number): Uint8Array => {
    if (!(length <= end - at)) throw damaged;
    at += length;
    return bytes.subarray(at - length, at);
  };
  const number = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const [byte] = take(1);
      value += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) return value;
      if (factor > Number.MAX_SAFE_INTEGER) throw damaged;
    }
  };
  const text = () => new TextDecoder().decode(take(number()));
  const weights = take(HASH_BYTES);
  const prior = take(HASH_BYTES);
  const [priorName, run, engine] = [text(), text(), text()];
  const [count, size, rank] = [number(), number(), number()];
  if (rank > end - at) throw damaged;
  const shape = Array.from({ length: rank }, number);
  const [a, b, c, d] = take(CHECKSUM_BYTES);
  const checksum = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  const packed = take(number());
  const names = packed.length > 0 ? unpacked(packed, damaged).split(SEPARATOR) : [];
  if (names.length > 0 && names.length !== count) throw damaged;
  const codes = take(number());
  if (at !== end) throw damaged;
  return { weights, prior, priorName, run, engine, count, size, shape, checksum, names, codes };
}

function unpacked(packed: Uint8Array, damaged: DataError): string {
  try {
    return new TextDecoder().decode(inflateRawSync(packed, { maxOutputLength: MOST_NAME_BYTES }));
  } catch {
    throw damaged;
  }
}

function digits(value: number): number[] {
  const all: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) all.push((rest % 128) + 128);
  return [...all, rest];
}

/** Lowest byte first. */
function word(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}

function block(bytes: ArrayLike<number>): number[] {
  return [...digits(bytes.length), ...Array.from(bytes)];
}
