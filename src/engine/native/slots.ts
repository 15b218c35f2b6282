/**
 * Gives the registers of elementwise code their slots: numbers that are no longer needed make room for others.
 *
 * Loads and constants keep a slot of their own, because some are filled once for many blocks. A result takes a slot whose
 * number is not needed any more, an operand's own among them; what is stored or reduced is needed to the end.
 */

export interface Slots {
  /** For each register. */
  readonly slotOf: readonly number[];
  readonly count: number;
}

/**
 * @param fixed registers of loads and constants, which come first
 * @param code the registers that each line reads
 * @param kept registers that are needed to the end
 */
export function assignSlots(
  fixed: number,
  code: readonly (readonly number[])[],
  kept: readonly number[],
): Slots {
  const lastUse = new Array<number>(fixed + code.length).fill(-1);
  code.forEach((inputs, line) => {
    for (const register of inputs) lastUse[register] = line;
  });
  for (const register of kept) lastUse[register] = code.length;
  const slotOf = Array.from({ length: fixed }, (_, register) => register);
  const free: number[] = [];
  let count = fixed;
  code.forEach((inputs, line) => {
    for (const register of new Set(inputs)) {
      if (register >= fixed && lastUse[register] === line) free.push(slotOf[register]);
    }
    slotOf.push(free.pop() ?? count++);
  });
  return { slotOf, count };
}
