/** From errors to one sentence and an exit code. */
import { DataError } from '../data/index.js';
import { OptionError } from '../systems/index.js';
import { ShapeError } from '../tensor/index.js';
import { EXIT, UsageError } from './exit.js';
import { flagName, withFlags } from './flagName.js';

export function exitCodeOf(error: unknown): number {
  const isInput =
    error instanceof UsageError ||
    error instanceof DataError ||
    error instanceof OptionError ||
    error instanceof ShapeError;
  return isInput ? EXIT.usage : EXIT.failed;
}

/** Options that are arguments on the command line; the problem says what they are. */
const ARGUMENTS = ['system', 'case'];

/** What the user reads. */
export function sentenceOf(error: unknown): string {
  if (error instanceof OptionError)
    return ARGUMENTS.includes(error.option) ? error.problem : `--${flagName(error.option)}: ${error.problem}`;
  if (error instanceof DataError) return withFlags(error.message);
  return error instanceof Error ? error.message : String(error);
}
