/**
 * Philox 4x32-10: a counter-based generator. Every 128-bit counter gives four 32-bit numbers, so any part of a stream
 * can be had without what comes before it.
 *
 * Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, §3.3.
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const WEYL0 = 0x9e3779b9;
const WEYL1 = 0xbb67ae85;
const ROUNDS = 10;

/** Upper 32 bits of the product of two 32-bit words, from the products of their halves: no sum on the way has a 33rd bit. */
function upperHalf(a: number, b: number): number {
  const low = a & 0xffff;
  const high = a >>> 16;
  const middle = (Math.imul(high, b & 0xffff) + (Math.imul(low, b & 0xffff) >>> 16)) | 0;
  const other = (Math.imul(low, b >>> 16) + (middle & 0xffff)) | 0;
  return (Math.imul(high, b >>> 16) + (middle >>> 16) + (other >>> 16)) | 0;
}

/**
 * Writes the numbers of consecutive counters (first, c1, c2, c3), (first + 1, c1, c2, c3) … into `out`, four for each;
 * a last block is cut to what fits.
 *
 * @param key two 32-bit words
 */
export function philoxBlocks(
  out: Uint32Array,
  first: number,
  [c1, c2, c3]: readonly [number, number, number],
  [key0, key1]: readonly [number, number],
): void {
  const block = new Int32Array(4);
  for (let at = 0, counter = first; at < out.length; at += 4, counter++) {
    let [x0, x1, x2, x3] = [counter | 0, c1 | 0, c2 | 0, c3 | 0];
    let k0 = key0 | 0;
    let k1 = key1 | 0;
    for (let round = 0; round < ROUNDS; round++) {
      const low0 = Math.imul(x0, M0);
      const high0 = upperHalf(x0, M0);
      const low1 = Math.imul(x2, M1);
      const high1 = upperHalf(x2, M1);
      x0 = high1 ^ x1 ^ k0;
      x1 = low1;
      x2 = high0 ^ x3 ^ k1;
      x3 = low0;
      k0 = (k0 + WEYL0) | 0;
      k1 = (k1 + WEYL1) | 0;
    }
    if (at + 4 <= out.length) {
      out[at] = x0;
      out[at + 1] = x1;
      out[at + 2] = x2;
      out[at + 3] = x3;
    } else {
      block.set([x0, x1, x2, x3]);
      for (let i = 0; at + i < out.length; i++) out[at + i] = block[i];
    }
  }
}
