import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { cpuShare, describeCpu, physicalCores, usableCores } from './cpu.js';

const processor = (id: number, socket: number, core: number) =>
  `processor\t: ${id}\nphysical id\t: ${socket}\ncore id\t\t: ${core}\nflags\t\t: fpu avx2 fma\n`;

test('a core that runs two threads counts once, and equal numbers in two sockets are two cores', () => {
  const info = [processor(0, 0, 0), processor(1, 0, 1), processor(2, 0, 0), processor(3, 1, 0)].join('\n');
  expect(physicalCores(info)).toBe(3);
});

test('where the system names no cores there is no number of them', () => {
  expect(physicalCores('processor\t: 0\nBogoMIPS\t: 100.00\nFeatures\t: fp asimd\n')).toBeUndefined();
  expect(physicalCores('')).toBeUndefined();
});

test('the share of a container is its quota over its period', () => {
  expect(cpuShare('150000 100000\n')).toBe(1.5);
  expect(cpuShare('max 100000\n')).toBeUndefined();
  expect(cpuShare('')).toBeUndefined();
});

test('there is a core to use, and no more than the process may', () => {
  expect(usableCores()).toBeGreaterThanOrEqual(1);
  expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
  expect(describeCpu()).toMatchObject({ architecture: process.arch, cores: usableCores() });
});
