/**
 * Files of one JSON value a line, such as `metrics.jsonl`: lines are added whole, and a run that resumes drops those
 * that it will write again.
 */
import { closeSync, constants, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { DataError } from '../data/index.js';
import { appendSync, readBytes, storageError } from './files.js';

const NEWLINE = 0x0a;

interface Line {
  readonly value: unknown;
  /** Byte at which the next line starts. */
  readonly end: number;
}

/** Lines of a file; what follows the last newline is a line still being written, or cut short by a crash. */
function* linesOf(path: string, bytes: Uint8Array): Generator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let start = 0, number = 1; ; number++) {
    const end = bytes.indexOf(NEWLINE, start) + 1;
    if (end === 0) return;
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(bytes.subarray(start, end)));
    } catch {
      throw new DataError(`${path}, line ${number}: not JSON; mend or remove that line`);
    }
    yield { value, end };
    start = end;
  }
}

/**
 * All values, also while a run is adding more.
 *
 * @throws StorageError if the file cannot be read
 * @throws DataError naming a line that is not JSON
 */
export async function readJsonLines(path: string): Promise<unknown[]> {
  return Array.from(linesOf(path, await readBytes(path)), ({ value }) => value);
}

/** A file of lines open for adding, by one writer at a time. */
export class JsonLines {
  readonly #fd: number;
  #end: number;

  /** Opens or creates the file, and drops a last line that a crash cut short. @throws StorageError if it cannot */
  constructor(readonly path: string) {
    try {
      // Not in append mode, in which Windows refuses to shorten a file.
      this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT);
      const bytes = readFileSync(this.#fd);
      this.#end = bytes.lastIndexOf(NEWLINE) + 1;
      if (this.#end < bytes.length) ftruncateSync(this.#fd, this.#end);
    } catch (error) {
      throw storageError('write', path, error);
    }
  }

  /** @throws StorageError if the line cannot be written; nothing of it is then in the file */
  append(value: object): void {
    const line = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
    this.#attempt(() => appendSync(this.#fd, line, this.#end));
    this.#end += line.length;
  }

  /**
   * Keeps the lines before the first that is not wanted, and drops it and all that follow, for good.
   *
   * @throws DataError naming a line that is not JSON
   */
  keepWhile(isWanted: (value: unknown) => boolean): void {
    let kept = 0;
    const bytes = this.#attempt(() => readFileSync(this.path));
    for (const { value, end } of linesOf(this.path, bytes)) {
      if (!isWanted(value)) break;
      kept = end;
    }
    this.#attempt(() => ftruncateSync(this.#fd, kept));
    this.#end = kept;
    this.sync();
  }

  /** Returns when all lines are on the disk. */
  sync(): void {
    this.#attempt(() => fsyncSync(this.#fd));
  }

  close(): void {
    closeSync(this.#fd);
  }

  #attempt<T>(f: () => T): T {
    try {
      return f();
    } catch (error) {
      throw storageError('write', this.path, error);
    }
  }
}
