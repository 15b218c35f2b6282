/** From errors to one sentence and an exit code. */
import { DataError } from '../data/index.js';
import { OptionError } from '../systems/index.js';
import { ShapeError } from '../tensor/index.js';
import { DivergenceError } from '../training/index.js';
import { flagName } from './flagName.js';

/** What was typed cannot be done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Bad input is 2, everything else 1: the disk, the engine, our own mistakes. */
export function exitCodeOf(error: unknown): number {
  const isInput =
    error instanceof UsageError ||
    error instanceof DataError ||
    error instanceof OptionError ||
    error instanceof ShapeError;
  return isInput ? EXIT.usage : EXIT.failed;
}

/** What the user reads. */
export function sentenceOf(error: unknown): string {
  if (error instanceof OptionError && error.option !== 'system')
    return `--${flagName(error.option)}: ${error.problem}`;
  if (error instanceof OptionError) return error.problem;
  if (error instanceof DivergenceError || error instanceof Error) return error.message;
  return String(error);
}
