/**
 * Comma-separated values: text to records, a chunk at a time.
 *
 * Source: RFC 4180, with any delimiter, any line ending, blank lines left out and spaces around cells dropped. The
 * parser is our own because it counts lines as an editor does, runs in a browser as it is and is fast: records without
 * quotes, nearly all there are, are cut by `split`.
 */
import { DataError } from './dataset.js';

/** Characters of a record: beyond this it is no table, or a quote that nobody closed. */
const LONGEST_RECORD = 2 ** 24;

export class CsvReader {
  #rest = '';
  #line = 1;

  /** @param emit takes each record and the number of the line that it starts on */
  constructor(
    readonly name: string,
    readonly delimiter: string,
    readonly emit: (cells: string[], line: number) => void,
  ) {}

  push(text: string): void {
    // Half of a line ending may still be to come.
    const whole = this.#rest + text;
    const held = whole.endsWith('\r') ? '\r' : '';
    this.#rest = this.#consume(withPlainLines(whole.slice(0, whole.length - held.length)), false) + held;
    if (this.#rest.length > LONGEST_RECORD) {
      throw this.#error(
        1,
        `a record goes on for more than ${LONGEST_RECORD} characters; look for a quote left open`,
      );
    }
  }

  /** @throws DataError if a quote is still open */
  end(): void {
    this.#rest = this.#consume(withPlainLines(this.#rest), true);
  }

  /** Emits the records that are complete and gives back what follows them. */
  #consume(text: string, isLast: boolean): string {
    let at = 0;
    while (at < text.length) {
      const newline = text.indexOf('\n', at);
      if (newline < 0 && !isLast) break;
      const lineEnd = newline < 0 ? text.length : newline;
      const line = text.slice(at, lineEnd);
      if (line.includes('"')) {
        const end = this.#quotedRecord(text, at, isLast);
        if (end === undefined) break;
        at = end + 1;
        continue;
      }
      if (line.trim() !== '') this.#emit(line.split(this.delimiter));
      this.#line++;
      at = lineEnd + 1;
    }
    return text.slice(at);
  }

  /** Emits the record with quoted cells that starts here; gives where it ends, or undefined if more text is needed. */
  #quotedRecord(text: string, start: number, isLast: boolean): number | undefined {
    const cells: string[] = [];
    let lines = 1;
    for (let at = start; ; at++) {
      const opening = skipSpaces(text, at, this.delimiter);
      let end: number;
      if (text[opening] === '"') {
        const closing = closingQuote(text, opening);
        if (closing === undefined) {
          if (!isLast) return undefined;
          throw this.#error(
            lines,
            'a quote is opened and never closed; close it, or double it within a cell',
          );
        }
        const cell = text.slice(opening + 1, closing);
        cells.push(cell.replaceAll('""', '"'));
        lines += cell.split('\n').length - 1;
        end = skipSpaces(text, closing + 1, this.delimiter);
        if (end < text.length && text[end] !== '\n' && text[end] !== this.delimiter) {
          throw this.#error(lines, 'text follows a closing quote; double the quotes within a cell');
        }
      } else {
        end = endOfPlainCell(text, at, this.delimiter);
        cells.push(text.slice(at, end));
      }
      if (end < text.length && text[end] === this.delimiter) {
        at = end;
        continue;
      }
      if (end >= text.length && !isLast) return undefined;
      this.#emit(cells);
      this.#line += lines;
      return end;
    }
  }

  /** @param lines how many lines of the record have been seen */
  #error(lines: number, problem: string): DataError {
    return new DataError(`${this.name}, line ${this.#line + lines - 1}: ${problem}`);
  }

  #emit(cells: string[]): void {
    this.emit(
      cells.map((cell) => cell.trim()),
      this.#line,
    );
  }
}

const withPlainLines = (text: string) => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);

function skipSpaces(text: string, from: number, delimiter: string): number {
  let at = from;
  while (text[at] === ' ' || (text[at] === '\t' && delimiter !== '\t')) at++;
  return at;
}

/** Position of the quote that closes the one at `opening`; doubled ones do not. */
function closingQuote(text: string, opening: number): number | undefined {
  for (let at = text.indexOf('"', opening + 1); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return undefined;
}

function endOfPlainCell(text: string, from: number, delimiter: string): number {
  let at = from;
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++;
  return at;
}
