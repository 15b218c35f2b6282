/** What this machine's processor offers: cores to compute on, and instruction sets. */
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus } from 'node:os';

export interface Cpu {
  readonly model: string;
  /** As Node names it, such as `x64` or `arm64`. */
  readonly architecture: string;
  /** Cores that this process may keep busy, a core that runs two threads counted once. */
  readonly cores: number;
  /** Of those that decide how fast matrices multiply; empty where the system does not tell. */
  readonly instructionSets: readonly string[];
}

const INSTRUCTION_SETS = [
  'sse4_2',
  'avx',
  'avx2',
  'fma',
  'f16c',
  'avx_vnni',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'amx_tile',
  'asimd',
  'asimddp',
  'bf16',
  'i8mm',
  'sve',
];

export function describeCpu(): Cpu {
  const info = textOf('/proc/cpuinfo');
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(info)?.[1].split(/\s+/));
  return {
    model: cpus()[0]?.model.trim() ?? 'unknown',
    architecture: arch(),
    cores: usableCores(),
    instructionSets: INSTRUCTION_SETS.filter((name) => flags.has(name)),
  };
}

/**
 * Threads to compute with: matrix products keep a core's arithmetic busy, so a second thread on it only gets in the way,
 * and threads beyond a container's share of the machine wait for each other.
 */
export function usableCores(): number {
  const physical = physicalCores(textOf('/proc/cpuinfo')) ?? Number.POSITIVE_INFINITY;
  const share = cpuShare(textOf('/sys/fs/cgroup/cpu.max')) ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(availableParallelism(), physical, Math.floor(share)));
}

/** Distinct (package, core) pairs in Linux's description of its processors; undefined where it names none. */
export function physicalCores(cpuinfo: string): number | undefined {
  const cores = new Set<string>();
  for (const processor of cpuinfo.split(/\n\s*\n/)) {
    const core = /^core id\s*:\s*(\d+)/m.exec(processor)?.[1];
    const socket = /^physical id\s*:\s*(\d+)/m.exec(processor)?.[1];
    if (core !== undefined) cores.add(`${socket} ${core}`);
  }
  return cores.size || undefined;
}

/** Processors that a control group may use on average, from its quota and period; undefined where it has no limit. */
export function cpuShare(cpuMax: string): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)/.exec(cpuMax) ?? [];
  return quota === undefined ? undefined : Number(quota) / Number(period);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // Not a Linux system, or one that hides it.
  }
}
