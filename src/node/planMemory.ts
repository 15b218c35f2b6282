/** Refuses a plan that needs more memory than the machine has left, before anything of it is allocated. */
import { bytesOf, largestBuffers } from '../engine/native/memory.js';
import { LINE, type Plan } from '../engine/native/plan.js';
import { availableMemory, MemoryError } from './memory.js';

const LARGEST_SHOWN = 3;

/**
 * @param isHeld whether a variable of this name has its memory already
 * @param available bytes
 * @throws MemoryError naming what is needed, what there is, and the largest contributors
 */
export function requireMemory(
  plan: Plan,
  isHeld: (variable: string) => boolean,
  available = availableMemory(),
): void {
  const arena = plan.arenaLines * LINE;
  const variables = plan.variables
    .filter(({ name }) => !isHeld(name))
    .reduce((sum, variable) => sum + bytesOf(variable), 0);
  const needed = arena + variables + plan.constants.length;
  if (needed <= available) return;
  const largest = largestBuffers(plan)
    .slice(0, LARGEST_SHOWN)
    .map(({ bytes, what }) => `${what} ${inUnits(bytes)}`);
  throw new MemoryError(
    `a step needs ${inUnits(needed)} of memory (${inUnits(variables)} for variables, ${inUnits(arena)} for what it computes, the largest of it ${largest.join(', ')}), and ${inUnits(available)} are free; take a smaller batch or model`,
  );
}

function inUnits(bytes: number): string {
  const [unit, name] = bytes < 2 ** 30 ? [2 ** 20, 'MiB'] : [2 ** 30, 'GiB'];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}
