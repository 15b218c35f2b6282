/** How commands end: exit codes, and the error that is the caller's. */

/** `usage` is bad input of any kind, `failed` everything else: the disk, the engine, our own mistakes. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What was typed cannot be done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
