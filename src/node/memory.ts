/** Memory that this process may still take, and programs that want more. */
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';

/** A program needs more memory than there is. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
}

/** Bytes that this process may still take: what the machine has left, and what its control group leaves it. */
export function availableMemory(): number {
  const machine = availableBytes(textOf('/proc/meminfo')) ?? freemem();
  const group = groupBytes(
    textOf('/sys/fs/cgroup/memory.max'),
    textOf('/sys/fs/cgroup/memory.current'),
    textOf('/sys/fs/cgroup/memory.stat'),
  );
  return Math.min(machine, group ?? Number.POSITIVE_INFINITY);
}

/** What Linux could give without taking it from others; undefined where it does not tell. */
export function availableBytes(meminfo: string): number | undefined {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/**
 * What a control group leaves, counting copies of files that it would give up; undefined where it has no limit.
 *
 * @param max contents of `memory.max`, and so on
 */
export function groupBytes(max: string, current: string, stat: string): number | undefined {
  if (!/^\d+\s*$/.test(max)) return undefined;
  const files = /^(?:in)?active_file \d+$/gm;
  const cached = (stat.match(files) ?? []).reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
  return Math.max(0, Number(max) - Number(current) + cached);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // Not a Linux system, or one that hides it.
  }
}
