/**
 * A range coder: symbols of known frequencies as bytes, of as many bits in all as −Σ log₂ p says.
 *
 *   [low, low + range) ← [low + r a, low + r (a + f)),   r = ⌊range / total⌋
 *
 * where f is the symbol's frequency and a that of all symbols before it. Whatever number of the last interval is written
 * names the whole message. All numbers are whole and below 2⁵³, so that a double holds them exactly on every machine.
 *
 * Source: Martin 1979, "Range encoding: an algorithm for removing redundancy from a digitised message".
 */

/** Bits of low and range; whenever the range has a byte less than that, a byte is written. */
const TOP = 2 ** 48;
const BOTTOM = 2 ** 40;
const BYTE = 256;
const HELD_BYTES = 6;

/** What frequencies may add up to at most: the range is then cut into parts that are wrong by 2⁻¹⁶ at most. */
export const MOST_TOTAL = 2 ** 24;

/** A symbol's part of the whole: [start, start + size) of `total`. */
export interface Share {
  readonly start: number;
  /** At least 1. */
  readonly size: number;
  readonly total: number;
}

export class RangeEncoder {
  #bytes = new Uint8Array(1024);
  #length = 0;
  #low = 0;
  #range = TOP;

  encode({ start, size, total }: Share): void {
    const unit = Math.floor(this.#range / total);
    this.#add(unit * start);
    // The last symbol has what the division leaves.
    this.#range = start + size === total ? this.#range - unit * start : unit * size;
    while (this.#range < BOTTOM) {
      this.#write(Math.floor(this.#low / BOTTOM));
      this.#low = (this.#low % BOTTOM) * BYTE;
      this.#range *= BYTE;
    }
  }

  /** The bytes of all symbols: as few as name a number of the last interval, zeros at their end being left out. */
  finish(): Uint8Array {
    for (let count = 0; count <= HELD_BYTES; count++) {
      const grain = TOP / BYTE ** count;
      const value = Math.ceil(this.#low / grain) * grain;
      if (value >= this.#low + this.#range) continue;
      this.#add(value - this.#low);
      for (let i = 0; i < count; i++) {
        this.#write(Math.floor(this.#low / BOTTOM));
        this.#low = (this.#low % BOTTOM) * BYTE;
      }
      break;
    }
    while (this.#length > 0 && this.#bytes[this.#length - 1] === 0) this.#length--;
    return this.#bytes.slice(0, this.#length);
  }

  #add(value: number): void {
    this.#low += value;
    if (this.#low < TOP) return;
    this.#low -= TOP;
    // All that is written is below 1, so the carry ends at some byte.
    let at = this.#length - 1;
    for (; this.#bytes[at] === BYTE - 1; at--) this.#bytes[at] = 0;
    this.#bytes[at]++;
  }

  #write(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const longer = new Uint8Array(2 * this.#length);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads what a `RangeEncoder` has written, given the same frequencies in the same order; after its end, zeros. */
export class RangeDecoder {
  readonly #bytes: Uint8Array;
  #next = 0;
  /** Of the number that the bytes name, what lies above the interval's low end. */
  #above = 0;
  #range = TOP;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let i = 0; i < HELD_BYTES; i++) this.#read();
  }

  /** The place in [0, total) that lies in the part of the next symbol, which `take` is then told. */
  place(total: number): number {
    return Math.min(total - 1, Math.floor(this.#above / Math.floor(this.#range / total)));
  }

  take({ start, size, total }: Share): void {
    const unit = Math.floor(this.#range / total);
    this.#above -= unit * start;
    this.#range = start + size === total ? this.#range - unit * start : unit * size;
    while (this.#range < BOTTOM) {
      this.#read();
      this.#range *= BYTE;
    }
  }

  #read(): void {
    this.#above = this.#above * BYTE + (this.#bytes[this.#next++] ?? 0);
  }
}
