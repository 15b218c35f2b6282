/** From errors to one sentence and an exit code. Each class is imported from its own file: the index of its folder loads more. */
import { DataError } from '../data/dataset.js';
import { MemoryError } from '../node/memory.js';
import { OptionError } from '../systems/errors.js';
import { ShapeError } from '../tensor/shape.js';
import { EXIT, UsageError } from './exit.js';
import { flagName, withFlags } from './flagName.js';

export function exitCodeOf(error: unknown): number {
  const isInput =
    error instanceof UsageError ||
    error instanceof DataError ||
    error instanceof MemoryError ||
    error instanceof OptionError ||
    error instanceof ShapeError;
  return isInput ? EXIT.usage : EXIT.failed;
}

/** Options that are arguments on the command line; the problem says what they are. */
const ARGUMENTS = ['system', 'case', 'prior'];

/** What the user reads. */
export function sentenceOf(error: unknown): string {
  if (error instanceof OptionError) {
    const problem = error.problem.replace(
      /(?<=^has no effect beside )\w+(?=;)/,
      (option) => `--${flagName(option)}`,
    );
    return ARGUMENTS.includes(error.option) ? problem : `--${flagName(error.option)}: ${problem}`;
  }
  if (error instanceof DataError) return withFlags(error.message);
  return error instanceof Error ? error.message : String(error);
}
