/**
 * Unpacking of compressed bytes, with a guard against bombs: data that a small file blows up to fill the memory.
 */
import { inflateSync } from 'fflate';
import { type ByteSource, bytesInMemory, chunksOf, joinBytes, showBytes } from './bytes.js';
import { DataError } from './dataset.js';

/** More than this is better unpacked to disk and read by position. */
const MOST_BYTES = 2 ** 32 - 1;
/** DEFLATE packs no more than 1032 to 1; beyond half of that there is one value, repeated. */
const MOST_EXPANSION = 500;
/** A size at which expansion is harmless. */
const HARMLESS_BYTES = 2 ** 26;

/** @throws DataError if this much from so little is refused */
export function requireModestSize(name: string, unpacked: number, packed: number): void {
  const remedy = 'unpack it yourself if you trust it, and give the file that comes out';
  if (unpacked > MOST_BYTES) {
    throw new DataError(
      `${name}: unpacks to ${showBytes(unpacked)}, more than the ${showBytes(MOST_BYTES)} that fit; ${remedy}`,
    );
  }
  if (unpacked > HARMLESS_BYTES && unpacked > MOST_EXPANSION * packed) {
    throw new DataError(
      `${name}: ${showBytes(packed)} unpack to ${showBytes(unpacked)} and more, as in a bomb that fills the memory; ${remedy}`,
    );
  }
}

export async function isGzip(source: ByteSource): Promise<boolean> {
  const [first, second] = await source.read(0, Math.min(2, source.size));
  return first === 0x1f && second === 0x8b;
}

/**
 * Unpacks gzip a chunk at a time.
 *
 * @throws DataError if the bytes are damaged, cut short or a bomb
 */
export async function* gunzipChunks(source: ByteSource): AsyncGenerator<Uint8Array> {
  const packed = chunksOf(source);
  const stream = new ReadableStream<BufferSource>({
    async pull(controller) {
      const { done, value } = await packed.next();
      if (done) controller.close();
      else controller.enqueue(value.slice());
    },
  });
  const reader = stream.pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (let total = 0; ; ) {
      const { done, value } = await reader.read().catch((error) => {
        throw new DataError(`${source.name}: cannot be unpacked (${messageOf(error)}); fetch it again`);
      });
      if (done) return;
      total += value.length;
      requireModestSize(source.name, total, source.size);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The source itself, or what is packed in it if it is gzip. */
export async function unpacked(source: ByteSource): Promise<ByteSource> {
  if (!(await isGzip(source))) return source;
  const chunks: Uint8Array[] = [];
  for await (const chunk of gunzipChunks(source)) chunks.push(chunk);
  await source.close();
  return bytesInMemory(source.name.replace(/\.gz$/i, ''), joinBytes(chunks));
}

/**
 * Unpacks raw DEFLATE that is declared to give `size` bytes.
 *
 * @throws DataError if it gives more or less, or is damaged
 */
export function inflateExactly(name: string, packed: Uint8Array, size: number): Uint8Array {
  requireModestSize(name, size, packed.length);
  let bytes: Uint8Array;
  try {
    // One byte of room more shows whether there is more than was declared.
    bytes = inflateSync(packed, { out: new Uint8Array(size + 1) });
  } catch (error) {
    throw new DataError(`${name}: cannot be unpacked (${messageOf(error)}); fetch it again`);
  }
  if (bytes.length !== size) {
    const found = bytes.length > size ? 'more' : `only ${showBytes(bytes.length)}`;
    throw new DataError(
      `${name}: is declared to unpack to ${showBytes(size)}, but gives ${found}; fetch it again`,
    );
  }
  return bytes;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
