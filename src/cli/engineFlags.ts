/** `--engine` and `--threads`, the same for every command that computes. */
import type { Command } from 'commander';
import { z } from 'zod';
import { ENGINE_NAMES, type EngineOptions } from '../node/index.js';
import { addFlags, readFlags } from './flags.js';

const engineOptions = z.object({
  engine: z
    .enum(ENGINE_NAMES)
    .optional()
    .describe('what computes; VAEKIT_ENGINE is read where it is not given'),
  threads: z.number().int().positive().max(1024).optional().describe('threads that share one operation'),
});

export function addEngineFlags(command: Command): Command {
  addFlags(command, engineOptions, 'Engine:');
  return command;
}

export function readEngineFlags(typed: Readonly<Record<string, unknown>>): EngineOptions {
  return readFlags(engineOptions, { engine: process.env.VAEKIT_ENGINE || undefined, ...typed });
}
