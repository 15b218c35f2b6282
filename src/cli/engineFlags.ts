/** `--engine` and `--threads`, the same for every command that computes. */
import type { Command } from 'commander';
import { z } from 'zod';
import { ENGINE_NAMES, type EngineOptions } from '../node/engines.js';
import { MOST_THREADS } from '../node/native.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';

const engineOptions = z.object({
  engine: z
    .enum(ENGINE_NAMES)
    .optional()
    .describe('what computes; VAEKIT_ENGINE is read where it is not given'),
  threads: z
    .number()
    .int()
    .positive()
    .max(MOST_THREADS)
    .optional()
    .describe('threads that share one operation (default: VAEKIT_THREADS, or one for each core)'),
});

export function addEngineFlags(command: Command): void {
  addFlags(command, engineOptions, 'Engine:');
}

/**
 * @param environment what stands in the place of flags that are not given
 * @throws UsageError, OptionError if there is no such engine, or a flag has no effect on it
 */
export function readEngineFlags(
  typed: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): EngineOptions {
  const { engine = engineOf(environment.VAEKIT_ENGINE), threads } = readFlags(engineOptions, typed);
  if (engine === 'reference' && threads !== undefined)
    throw new UsageError('--threads has no effect on the reference engine; leave it out');
  const wanted = threads ?? threadsOf(environment.VAEKIT_THREADS);
  return { ...(engine ? { engine } : {}), ...(wanted ? { threads: wanted } : {}) };
}

function threadsOf(variable: string | undefined): number | undefined {
  if (!variable) return undefined;
  const threads = engineOptions.shape.threads.safeParse(Number(variable));
  if (threads.success) return threads.data;
  throw new UsageError(
    `VAEKIT_THREADS must be a whole number from 1 to ${MOST_THREADS}, not '${variable}'; correct or unset it`,
  );
}

function engineOf(variable: string | undefined): EngineOptions['engine'] {
  if (!variable) return undefined;
  const engine = ENGINE_NAMES.find((name) => name === variable);
  if (engine) return engine;
  throw new UsageError(
    `VAEKIT_ENGINE must be one of ${ENGINE_NAMES.join(', ')}, not '${variable}'; correct or unset it`,
  );
}
