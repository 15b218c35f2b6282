/** Runs benchmark cases, each in a process of its own: start-up time and peak memory are then its own as well. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineOptions } from '../engines.js';
import { requireCase } from './cases.js';
import type { BenchResult } from './measure.js';

export interface BenchRequest extends EngineOptions {
  readonly seconds: number;
}

/** Measures one case in a new process. */
export function runCase(name: string, request: BenchRequest): Promise<BenchResult> {
  requireCase(name);
  const child = fileURLToPath(new URL('./child.js', import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [child, JSON.stringify({ name, ...request })],
      { maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`bench ${name}: ${stderr.trim().split('\n').at(-1) || error.message}`));
        else resolve(JSON.parse(stdout));
      },
    );
  });
}
