/**
 * Named streams of random numbers. A stream is chosen by (seed, name) and read at a step: element i of step s is the
 * same number on every engine, whatever was drawn before and whatever other streams exist.
 *
 *   counter = (element / 4, step mod 2³², step / 2³², hash(name))   key = (seed mod 2³², seed / 2³²)
 */
import { normalQuantile } from './normal.js';
import { philoxBlocks } from './philox.js';

const WORD = 2 ** 32;
/** Words that are drawn at a time: they stay in a cache until they are numbers. */
const piece = new Uint32Array(1024);

/** 32-bit FNV-1a hash of a stream's name (Fowler, Noll & Vo); stable across platforms and versions. */
export function streamHash(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The 32-bit words of a whole number below 2⁶⁴, as seeds and steps go into keys and counters. */
export function wordsOf(value: number): readonly [low: number, high: number] {
  return [value % WORD, Math.floor(value / WORD)];
}

/** A stream of which only the hash of its name is known. */
export class HashedStream {
  readonly #key: readonly [number, number];
  readonly #hash: number;

  /**
   * @param seed whole number from 0 to 2⁵³ − 1
   * @param hash `streamHash` of the name
   */
  constructor(seed: number, hash: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`seed: ${seed} is not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
    }
    this.#key = wordsOf(seed);
    this.#hash = hash;
  }

  /** Fills `out` with words uniform in [0, 2³²), from an element on that is a multiple of 4. */
  words(out: Uint32Array, step = 0, first = 0): Uint32Array {
    philoxBlocks(out, first / 4, [...wordsOf(step), this.#hash], this.#key);
    return out;
  }

  /** Fills `out` with numbers uniform in [0, 1), multiples of 2⁻²⁴ and so exact in float32. */
  uniform(out: Float32Array, step = 0): Float32Array {
    this.#eachPiece(out.length, step, (words, first) => {
      for (let i = 0; i < words.length; i++) out[first + i] = (words[i] >>> 8) * 2 ** -24;
    });
    return out;
  }

  /** Fills `out` with standard normal numbers, rounded to float32; none is beyond ±6.34. */
  normal(out: Float32Array, step = 0): Float32Array {
    this.#eachPiece(out.length, step, (words, first) => {
      for (let i = 0; i < words.length; i++) out[first + i] = normalQuantile((words[i] + 0.5) * 2 ** -32);
    });
    return out;
  }

  #eachPiece(length: number, step: number, use: (words: Uint32Array, first: number) => void): void {
    for (let first = 0; first < length; first += piece.length) {
      use(this.words(piece.subarray(0, length - first), step, first), first);
    }
  }
}

export class RandomStream extends HashedStream {
  /** @param seed whole number from 0 to 2⁵³ − 1 */
  constructor(
    seed: number,
    readonly name: string,
  ) {
    super(seed, streamHash(name));
  }
}
