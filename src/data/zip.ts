/**
 * Zip archives: what an .npz file is.
 *
 * Source: PKWARE, .ZIP File Format Specification 6.3.10 (APPNOTE), §4.3 and §4.5.3 (zip64).
 */
import { type ByteSource, bytesInMemory, partOf, readWithin, requireWithin } from './bytes.js';
import { DataError } from './dataset.js';
import { inflateExactly, requireModestSize } from './inflate.js';

export interface ZipEntry {
  readonly name: string;
  /** What is packed in it, unpacked when it is opened. */
  open(): Promise<ByteSource>;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const LOCATOR64_BYTES = 20;
const DIRECTORY_SIGNATURE = 0x02014b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
/** Stands in a 32-bit field for a number that the zip64 fields hold. */
const IN_ZIP64 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
/** Stored entries up to this size are read at once, and so checked. */
const CHECKED_BYTES = 2 ** 26;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** @throws DataError if the file is no zip archive, or is cut short */
export async function readZip(source: ByteSource): Promise<ZipEntry[]> {
  const { count, start, end } = await findDirectory(source);
  const bytes = await source.read(start, end);
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    if (at + DIRECTORY_ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== DIRECTORY_SIGNATURE) {
      throw damaged(source);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    );
    const nameEnd = at + DIRECTORY_ENTRY_BYTES + nameBytes;
    const entryEnd = nameEnd + extraBytes + commentBytes;
    if (entryEnd > bytes.length) throw damaged(source);
    const name = new TextDecoder().decode(bytes.subarray(at + DIRECTORY_ENTRY_BYTES, nameEnd));
    const [size, packed, offset] = wideFields(
      [24, 20, 42].map((field) => view.getUint32(at + field, true)),
      bytes.subarray(nameEnd, nameEnd + extraBytes),
    );
    const [flags, method, checksum] = [
      view.getUint16(at + 8, true),
      view.getUint16(at + 10, true),
      view.getUint32(at + 16, true),
    ];
    entries.push({
      name,
      open: () =>
        openEntry(source, { name: `${source.name}:${name}`, flags, method, checksum, size, packed, offset }),
    });
    at = entryEnd;
  }
  return entries;
}

interface Packed {
  name: string;
  flags: number;
  method: number;
  checksum: number;
  size: number;
  packed: number;
  offset: number;
}

async function openEntry(source: ByteSource, entry: Packed): Promise<ByteSource> {
  const { name, flags, method, checksum, size, packed, offset } = entry;
  if (flags & 1) throw new DataError(`${name}: is encrypted; save the archive without a password`);
  if (method !== STORED && method !== DEFLATED) {
    throw new DataError(
      `${name}: is packed by zip method ${method}, not the usual 8 (deflate); pack it again with that`,
    );
  }
  const what = `entry ${name}`;
  const header = viewOf(await readWithin(source, offset, offset + LOCAL_HEADER_BYTES, what));
  if (header.getUint32(0, true) !== LOCAL_SIGNATURE || (method === STORED && packed !== size)) {
    throw damaged(source);
  }
  const start = offset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  const end = start + packed;
  requireWithin(source, end, what);
  if (method === STORED && size > CHECKED_BYTES) return partOf(source, name, start, end);
  requireModestSize(name, size, packed);
  const raw = await source.read(start, end);
  const bytes = method === STORED ? raw : inflateExactly(name, raw, size);
  if (crc32(bytes) !== checksum) {
    throw new DataError(
      `${name}: its bytes do not match their checksum; the file is damaged, so fetch it again`,
    );
  }
  return bytesInMemory(name, bytes);
}

/** Where the central directory lies, which stands at the archive's end. */
async function findDirectory(source: ByteSource): Promise<{ count: number; start: number; end: number }> {
  const tailStart = Math.max(0, source.size - END_BYTES - LONGEST_COMMENT - LOCATOR64_BYTES);
  const tail = viewOf(await source.read(tailStart, source.size));
  let at = tail.byteLength - END_BYTES;
  while (at >= 0 && tail.getUint32(at, true) !== END_SIGNATURE) at--;
  if (at < 0) {
    throw new DataError(
      `${source.name}: is not a whole zip archive, for its end is missing; fetch or save it again`,
    );
  }
  let count = tail.getUint16(at + 10, true);
  let length = tail.getUint32(at + 12, true);
  let start = tail.getUint32(at + 16, true);
  const locator = at - LOCATOR64_BYTES;
  if (locator >= 0 && tail.getUint32(locator, true) === LOCATOR64_SIGNATURE) {
    const position = bigField(tail, locator + 8);
    const end64 = viewOf(await readWithin(source, position, position + 56, 'directory'));
    if (end64.getUint32(0, true) !== END64_SIGNATURE) throw damaged(source);
    [count, length, start] = [32, 40, 48].map((field) => bigField(end64, field));
  }
  if (start + length > source.size) throw damaged(source);
  return { count, start, end: start + length };
}

/** Replaces those 32-bit fields that say so by the 64-bit ones of the zip64 extra field, which come in this order. */
function wideFields(fields: number[], extra: Uint8Array): number[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let wide = at + 4;
    return fields.map((value) => {
      if (value !== IN_ZIP64 || wide + 8 > extra.length) return value;
      wide += 8;
      return bigField(view, wide - 8);
    });
  }
  return fields;
}

const bigField = (view: DataView, at: number) =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;

const damaged = ({ name }: ByteSource) =>
  new DataError(`${name}: the directory of the zip archive is damaged; fetch or save it again`);

let table: Uint32Array | undefined;

/** CRC-32 with the polynomial of ISO 3309, as zip and gzip use it. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, value) => {
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}
