/** Bytes that are asked for by position: a file on disk, a part of one, or an array in memory. */
import { DataError } from './dataset.js';

export interface ByteSource {
  /** What messages call it. */
  readonly name: string;
  readonly size: number;
  /** Bytes [start, end), which lie within the source. */
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function bytesInMemory(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    close: async () => {},
  };
}

/** Bytes [start, end) of a source, as a source of its own. Closing it leaves the whole open. */
export function partOf(whole: ByteSource, name: string, start: number, end: number): ByteSource {
  return {
    name,
    size: end - start,
    read: (from, to) => whole.read(start + from, start + to),
    close: async () => {},
  };
}

/** Sources one after another. */
export function concatenated(name: string, parts: readonly ByteSource[]): ByteSource {
  const starts = [0];
  for (const { size } of parts) starts.push(starts[starts.length - 1] + size);
  return {
    name,
    size: starts[parts.length],
    async read(start, end) {
      const pieces = await Promise.all(
        parts.flatMap((part, i) => {
          const [from, to] = [Math.max(start, starts[i]), Math.min(end, starts[i + 1])];
          return from < to ? [part.read(from - starts[i], to - starts[i])] : [];
        }),
      );
      return pieces.length === 1 ? pieces[0] : joinBytes(pieces);
    },
    async close() {
      await Promise.all(parts.map((part) => part.close()));
    },
  };
}

export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** @throws DataError where the source ends before `end`, up to which there should be `what` */
export function requireWithin({ name, size }: ByteSource, end: number, what: string): void {
  if (end > size) {
    const problem = `the file ends after ${size} bytes, in the middle of its ${what}`;
    throw new DataError(`${name}: ${problem}; it is cut short, so fetch it again`);
  }
}

/** @throws DataError where the source ends before `end` */
export async function readWithin(
  source: ByteSource,
  start: number,
  end: number,
  what: string,
): Promise<Uint8Array> {
  requireWithin(source, end, what);
  return source.read(start, end);
}

const CHUNK_BYTES = 2 ** 20;

/** All bytes in order, a chunk at a time. */
export async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < source.size; start += CHUNK_BYTES) {
    yield await source.read(start, Math.min(source.size, start + CHUNK_BYTES));
  }
}

/** `1.5 MiB`, as messages write sizes. */
export function showBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes < 1024 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
