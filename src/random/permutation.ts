/**
 * A random permutation of 0 … size − 1 that is computed, not stored: position i can be asked for at any time, so a run
 * can stop anywhere in an epoch and go on.
 *
 * A Feistel network permutes the smallest power of four that holds `size`; values that fall outside are sent through
 * again until they fall inside (cycle walking), which keeps it a permutation. Black & Rogaway, "Ciphers with arbitrary
 * finite domains", CT-RSA 2002.
 */
import type { RandomStream } from './stream.js';

const ROUNDS = 8;

export class Permutation {
  readonly #halfBits: number;
  readonly #mask: number;
  readonly #keys: Uint32Array;

  /** The permutation number `step` of a stream; data order uses the epoch. */
  constructor(
    readonly size: number,
    stream: RandomStream,
    step = 0,
  ) {
    if (!Number.isSafeInteger(size) || size < 1 || size > 2 ** 32) {
      throw new RangeError(`permutation: ${size} is not a size from 1 to 2^32`);
    }
    this.#halfBits = Math.max(1, Math.ceil(Math.log2(size) / 2));
    this.#mask = 2 ** this.#halfBits - 1;
    this.#keys = stream.words(new Uint32Array(ROUNDS), step);
  }

  /** @throws RangeError if the position is not a whole number from 0 to size − 1 */
  at(position: number): number {
    if (!(Number.isInteger(position) && position >= 0 && position < this.size)) {
      throw new RangeError(`permutation: position ${position} is outside 0 to ${this.size - 1}`);
    }
    let value = position;
    do value = this.#encrypt(value);
    while (value >= this.size);
    return value;
  }

  #encrypt(value: number): number {
    const base = this.#mask + 1;
    let left = Math.floor(value / base);
    let right = value % base;
    for (const key of this.#keys) {
      const mixed = left ^ (scramble(right ^ key) & this.#mask);
      left = right;
      right = mixed;
    }
    return left * base + right;
  }
}

/** A 32-bit mixer in which every input bit reaches every output bit. */
function scramble(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
