/** Files of a folder that are no samples: left out and told of, or an error where none may be. */
import { join } from 'node:path';
import { byCodePoint, DataError } from '../../data/index.js';
import { inTurns } from './inTurns.js';

export interface RejectionSettings {
  readonly folder: string;
  /** Whether the first file that is none is an error. */
  readonly strict: boolean;
  /** What the files should be: `a picture`. */
  readonly what: string;
  /** Kinds of files that can be read. */
  readonly kinds: string;
  /** The error that says why a file is no sample. */
  readonly Unreadable: new (
    message: string,
  ) => Error;
}

/** Files that are named in a message. */
const NAMED_FILES = 5;

export class RejectedFiles {
  readonly #reasons = new Map<string, string>();

  constructor(readonly settings: RejectionSettings) {}

  /** @throws DataError if no file may be rejected */
  add(file: string, reason: string): void {
    if (this.settings.strict) {
      throw new DataError(
        `${join(this.settings.folder, file)}: ${reason}; remove it, or leave out strict to go on without it`,
      );
    }
    this.#reasons.set(file, reason);
  }

  /**
   * What `f` makes of files, without those that it finds unreadable.
   *
   * @throws DataError if none is left
   */
  async sift<T extends { path: string }, R>(
    files: readonly T[],
    f: (file: T, index: number) => Promise<R>,
  ): Promise<R[]> {
    const { folder, what, kinds, Unreadable } = this.settings;
    const outcomes = await inTurns(files, (file, i) =>
      f(file, i).catch((error: unknown) => {
        if (error instanceof Unreadable) return error;
        throw error;
      }),
    );
    const kept: R[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome instanceof Unreadable) this.add(files[i].path, outcome.message);
      else kept.push(outcome);
    }
    if (kept.length === 0) {
      throw new DataError(`${folder}: no file can be read as ${what}: ${this.#named()}; give ${kinds}`);
    }
    return kept;
  }

  get notices(): string[] {
    const count = this.#reasons.size;
    if (count === 0) return [];
    return [`${count} ${count === 1 ? 'file is' : 'files are'} left out: ${this.#named()}`];
  }

  #named(): string {
    const files = [...this.#reasons.keys()].sort(byCodePoint);
    const named = files.slice(0, NAMED_FILES).map((file) => `${file} (${this.#reasons.get(file)})`);
    return named.join(', ') + (files.length > NAMED_FILES ? ` and ${files.length - NAMED_FILES} more` : '');
  }
}
