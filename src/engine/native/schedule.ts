/** The order in which instructions are executed: one that keeps little memory alive at a time. */

export interface Scheduled {
  /** Instructions that come before this one. */
  readonly needs: ReadonlySet<number>;
  /** Buffers of the working memory. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

/** @param bytesOf sizes of the buffers; 0 for those that are not in the working memory */
export function schedule(list: readonly Scheduled[], bytesOf: (buffer: number) => number): number[] {
  const tried = [
    // As the program has it.
    inOrder(list, bytesOf, (index) => index),
    // What frees most, or else as the program has it.
    inOrder(list, bytesOf, (index, growthOf) => {
      const growth = growthOf(index);
      return growth < 0 ? growth : index;
    }),
    // What frees most or takes least.
    inOrder(list, bytesOf, (index, growthOf) => growthOf(index)),
  ];
  return tried.reduce((best, each) => (each.peak < best.peak ? each : best)).order;
}

function inOrder(
  list: readonly Scheduled[],
  bytesOf: (buffer: number) => number,
  cost: (index: number, growthOf: (index: number) => number) => number,
): { order: number[]; peak: number } {
  const waiting = list.map(({ needs }) => needs.size);
  const awaiting: number[][] = list.map(() => []);
  const readers = new Map<number, number>();
  list.forEach(({ needs, reads }, i) => {
    for (const need of needs) awaiting[need].push(i);
    for (const buffer of reads) readers.set(buffer, (readers.get(buffer) ?? 0) + 1);
  });
  const alive = new Set<number>();
  const growthOf = (i: number): number => {
    let growth = 0;
    for (const buffer of list[i].writes) if (!alive.has(buffer)) growth += bytesOf(buffer);
    for (const buffer of list[i].reads) if (readers.get(buffer) === 1) growth -= bytesOf(buffer);
    return growth;
  };
  const ready = list.flatMap((_, i) => (waiting[i] === 0 ? [i] : []));
  const order: number[] = [];
  let [live, peak] = [0, 0];
  while (ready.length > 0) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < ready.length; k++) {
      const each = cost(ready[k], growthOf);
      if (each < least || (each === least && ready[k] < ready[best])) [best, least] = [k, each];
    }
    const [i] = ready.splice(best, 1);
    order.push(i);
    for (const buffer of list[i].writes) {
      if (!alive.has(buffer)) live += bytesOf(buffer);
      alive.add(buffer);
    }
    peak = Math.max(peak, live);
    for (const buffer of list[i].reads) {
      const left = (readers.get(buffer) ?? 0) - 1;
      readers.set(buffer, left);
      if (left === 0) live -= bytesOf(buffer);
    }
    for (const next of awaiting[i]) if (--waiting[next] === 0) ready.push(next);
  }
  return { order, peak };
}
