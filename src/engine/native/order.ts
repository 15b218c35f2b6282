/** What must come before what, among units of work that grow together: kept such that it can be asked in one step. */

export class Order {
  /** What each unit waits for, directly. */
  readonly #needs: Set<number>[] = [];
  /** What each unit waits for at all, a bit per unit. */
  readonly #before: Uint32Array[] = [];
  /** Units that others wait for. */
  readonly #isAwaited: boolean[] = [];
  readonly #words: number;

  /** @param most units that there will be */
  constructor(most: number) {
    this.#words = Math.ceil(most / 32);
  }

  create(): number {
    this.#needs.push(new Set());
    this.#before.push(new Uint32Array(this.#words));
    this.#isAwaited.push(false);
    return this.#needs.length - 1;
  }

  needsOf(unit: number): ReadonlySet<number> {
    return this.#needs[unit];
  }

  /** Whether `late` waits for `early`. */
  comesBefore(early: number, late: number): boolean {
    return (this.#before[late][early >>> 5] & (1 << (early & 31))) !== 0;
  }

  isAwaited(unit: number): boolean {
    return this.#isAwaited[unit];
  }

  /** Whether everything of `units` (a bit each) that the needs of a unit to come wait for, `unit` waits for as well. */
  covers(unit: number, needs: Iterable<number>, units: Uint32Array): boolean {
    const own = this.#before[unit];
    for (const need of needs) {
      if (need === unit) continue;
      if (units[need >>> 5] & (1 << (need & 31)) && !this.comesBefore(need, unit)) return false;
      const theirs = this.#before[need];
      for (let i = 0; i < own.length; i++) if (theirs[i] & units[i] & ~own[i]) return false;
    }
    return true;
  }

  /** Makes a unit wait for another one, which must not wait for it. */
  need(unit: number, on: number): void {
    if (unit === on || this.#needs[unit].has(on)) return;
    this.#needs[unit].add(on);
    this.#isAwaited[on] = true;
    const added = Uint32Array.from(this.#before[on]);
    added[on >>> 5] |= 1 << (on & 31);
    this.#spread(unit, added);
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
    const bit = 1 << (gone & 31);
    const word = gone >>> 5;
    const needs = this.#needs[gone];
    needs.delete(kept);
    this.#needs[kept].delete(gone);
    this.#before[kept][word] &= ~bit;
    const added = this.#before[gone].map((bits, i) => bits | this.#before[kept][i]);
    added[kept >>> 5] &= ~(1 << (kept & 31));
    for (const need of needs) this.#needs[kept].add(need);
    for (let unit = 0; unit < this.#needs.length; unit++) {
      if (!(this.#before[unit][word] & bit)) continue;
      if (this.#needs[unit].delete(gone)) this.#needs[unit].add(kept);
      this.#before[unit][word] &= ~bit;
      this.#before[unit][kept >>> 5] |= 1 << (kept & 31);
    }
    if (this.#isAwaited[gone]) this.#isAwaited[kept] = true;
    this.#before[gone].fill(0);
    this.#needs[gone] = new Set();
    this.#spread(kept, added);
  }

  #spread(unit: number, added: Uint32Array): void {
    const join = (before: Uint32Array) => {
      for (let i = 0; i < added.length; i++) before[i] |= added[i];
    };
    join(this.#before[unit]);
    if (!this.#isAwaited[unit]) return;
    for (let other = 0; other < this.#before.length; other++) {
      if (this.comesBefore(unit, other)) join(this.#before[other]);
    }
  }
}
