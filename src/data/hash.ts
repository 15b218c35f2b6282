/**
 * A fast hash of data in memory, which tells two data sets apart; it keeps no secrets.
 *
 * Source: MurmurHash3, x86 32-bit variant (Appleby 2011, public domain).
 */

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

const rotateLeft = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits));
const mixBlock = (k: number) => Math.imul(rotateLeft(Math.imul(k, C1), 15), C2);

export function murmur3(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks = bytes.length & ~3;
  let hash = seed | 0;
  for (let i = 0; i < blocks; i += 4) {
    hash = rotateLeft(hash ^ mixBlock(view.getInt32(i, true)), 13);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | bytes[i];
  hash ^= mixBlock(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 64 bits in hexadecimal that depend on every byte of the parts and on their order. */
export function contentHash(...parts: readonly ArrayBufferView[]): string {
  let [high, low] = [0, 1];
  for (const { buffer, byteOffset, byteLength } of parts) {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    high = murmur3(bytes, high);
    low = murmur3(bytes, low);
  }
  return [high, low].map((word) => word.toString(16).padStart(8, '0')).join('');
}
