/** What commands print: results to stdout, everything else to stderr, and a bar where someone is watching. */

/** Writes a line of results. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: object): void {
  print(JSON.stringify(value, replaceNonFinite));
}

/** JSON has no NaN and no infinity; `null` says that a number is missing. */
function replaceNonFinite(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

/** Writes a line to stderr, above the bar if there is one. */
export function note(line: string): void {
  bar?.clear();
  process.stderr.write(`${line}\n`);
  bar?.draw();
}

export function warn(message: string): void {
  note(`${paint('33', 'warning:')} ${message}`);
}

/** An ANSI style, where the reader is a terminal and did not ask for none (no-color.org). */
function paint(code: string, text: string): string {
  const isPlain = !process.stderr.isTTY || process.env.NO_COLOR;
  return isPlain ? text : `\u001b[${code}m${text}\u001b[0m`;
}

export const dim = (text: string) => paint('2', text);

let bar: ProgressBar | undefined;

/** Seconds between plain lines where nobody watches a bar. */
const PLAIN_SECONDS = 10;
const BAR_WIDTH = 24;
const DEFAULT_COLUMNS = 80;

/** A bar with rate and time left on a terminal; a plain line now and then anywhere else. */
export class ProgressBar {
  readonly #started = performance.now();
  #plainAt = performance.now();
  #step: number;
  #text = '';

  /** @param first steps done before */
  constructor(
    readonly total: number,
    readonly first: number,
  ) {
    this.#step = first;
    bar = this;
  }

  update(step: number, text: string): void {
    const now = performance.now();
    const left = ((now - this.#started) / Math.max(1, step - this.first)) * (this.total - step);
    this.clear();
    this.#step = step;
    this.#text = `${step}/${this.total}  ${text}  ${duration(left / 1000)} left`;
    if (process.stderr.isTTY) this.draw();
    else if (now - this.#plainAt > 1000 * PLAIN_SECONDS) {
      this.#plainAt = now;
      process.stderr.write(`${this.#text}\n`);
    }
  }

  clear(): void {
    if (this.#text && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }

  draw(): void {
    if (!this.#text || !process.stderr.isTTY) return;
    // A line that wrapped could not be cleared.
    const room = (process.stderr.columns || DEFAULT_COLUMNS) - 1;
    const text = this.#text.slice(0, room);
    const width = Math.max(0, Math.min(BAR_WIDTH, room - text.length - 1));
    const full = Math.round((width * this.#step) / this.total);
    process.stderr.write(`${'━'.repeat(full)}${dim('━'.repeat(width - full))} ${text}`.trimStart());
  }

  /** Takes the bar away; once is enough. */
  end(): void {
    this.clear();
    this.#text = '';
    bar = undefined;
  }
}

/** `3 m 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
}

/** Columns of text, each as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i].length))) ?? [];
  return rows.map((row) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]))).join('  '),
  );
}
