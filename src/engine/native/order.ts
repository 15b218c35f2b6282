/** What must come before what, among units of work that grow together: kept such that it can be asked in one step. */

export class Order {
  /** What each unit waits for, directly. */
  readonly #needs: Set<number>[] = [];
  /** What each unit waits for at all: a row of bits for each, one per unit. */
  readonly #before: Uint32Array;
  /** Units that others wait for. */
  readonly #isAwaited: boolean[] = [];
  /** Numbers of a row. */
  readonly #words: number;
  /** Of the row that is added to others. */
  readonly #added: Uint32Array;

  /** @param most units that there will be */
  constructor(most: number) {
    this.#words = Math.ceil(most / 32);
    this.#before = new Uint32Array(most * this.#words);
    this.#added = new Uint32Array(this.#words);
  }

  create(): number {
    this.#needs.push(new Set());
    this.#isAwaited.push(false);
    return this.#needs.length - 1;
  }

  needsOf(unit: number): ReadonlySet<number> {
    return this.#needs[unit];
  }

  /** Whether `late` waits for `early`. */
  comesBefore(early: number, late: number): boolean {
    return (this.#before[late * this.#words + (early >>> 5)] & (1 << (early & 31))) !== 0;
  }

  isAwaited(unit: number): boolean {
    return this.#isAwaited[unit];
  }

  /** Whether everything of `units` (a bit each) that the needs of a unit to come wait for, `unit` waits for as well. */
  covers(unit: number, needs: Iterable<number>, units: Uint32Array): boolean {
    const [before, words, used] = [this.#before, this.#words, this.#used()];
    const own = unit * words;
    for (const need of needs) {
      if (need === unit) continue;
      if (units[need >>> 5] & (1 << (need & 31)) && !this.comesBefore(need, unit)) return false;
      const theirs = need * words;
      for (let i = 0; i < used; i++) if (before[theirs + i] & units[i] & ~before[own + i]) return false;
    }
    return true;
  }

  /** Makes a unit wait for another one, which must not wait for it. */
  need(unit: number, on: number): void {
    if (unit === on || this.#needs[unit].has(on)) return;
    this.#needs[unit].add(on);
    this.#isAwaited[on] = true;
    // Whatever `on` waits for came before the unit when the unit began to wait for it.
    if (this.comesBefore(on, unit)) return;
    const first = on * this.#words;
    this.#added.set(this.#before.subarray(first, first + this.#words));
    this.#added[on >>> 5] |= 1 << (on & 31);
    this.#spread(unit);
  }

  /** Whether two units can be one: nothing that is neither of them lies between them. */
  canMerge(a: number, b: number): boolean {
    const isBetween = (early: number, late: number) => {
      if (!this.comesBefore(early, late)) return false;
      for (const need of this.#needs[late]) if (need !== early && this.comesBefore(early, need)) return true;
      return false;
    };
    return !isBetween(a, b) && !isBetween(b, a);
  }

  /** Unit `gone` becomes part of `kept`. */
  merge(kept: number, gone: number): void {
    const [before, words, added] = [this.#before, this.#words, this.#added];
    const [goneBit, goneWord] = [1 << (gone & 31), gone >>> 5];
    const [keptBit, keptWord] = [1 << (kept & 31), kept >>> 5];
    const needs = this.#needs[gone];
    needs.delete(kept);
    this.#needs[kept].delete(gone);
    for (const need of needs) this.#needs[kept].add(need);
    before[kept * words + goneWord] &= ~goneBit;
    for (let i = 0; i < words; i++) added[i] = before[gone * words + i] | before[kept * words + i];
    added[keptWord] &= ~keptBit;
    for (let unit = 0, at = 0; unit < this.#needs.length; unit++, at += words) {
      if (!(before[at + goneWord] & goneBit)) continue;
      if (this.#needs[unit].delete(gone)) this.#needs[unit].add(kept);
      before[at + goneWord] &= ~goneBit;
      before[at + keptWord] |= keptBit;
    }
    if (this.#isAwaited[gone]) this.#isAwaited[kept] = true;
    before.fill(0, gone * words, (gone + 1) * words);
    this.#needs[gone] = new Set();
    this.#spread(kept);
  }

  /** Numbers of a row that have bits of units that are there already. */
  #used(): number {
    return Math.ceil(this.#needs.length / 32);
  }

  /** Makes a unit, and all that wait for it, wait for what is added as well. */
  #spread(unit: number): void {
    const [before, words, used, added] = [this.#before, this.#words, this.#used(), this.#added];
    const join = (row: number) => {
      for (let i = 0; i < used; i++) before[row + i] |= added[i];
    };
    join(unit * words);
    if (!this.#isAwaited[unit]) return;
    for (let other = 0; other < this.#needs.length; other++) {
      if (this.comesBefore(unit, other)) join(other * words);
    }
  }
}
