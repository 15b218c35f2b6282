/** What commands print: results to stdout, everything else to stderr, and a bar where someone is watching. */

/** Writes a line to stdout. A reader that went away (`vaekit systems | head -1`) is no error. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
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

const usesColor = () => process.stderr.isTTY === true && !process.env.NO_COLOR;

/** An ANSI style, where the reader is a terminal and did not ask for none. */
function paint(code: string, text: string): string {
  return usesColor() ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export const dim = (text: string) => paint('2', text);

let bar: ProgressBar | undefined;

/** Seconds between plain lines where nobody watches a bar. */
const PLAIN_SECONDS = 10;

/** A bar with rate and time left on a terminal; a plain line now and then anywhere else. */
export class ProgressBar {
  readonly #started = performance.now();
  readonly #first: number;
  #plainAt = performance.now();
  #line = '';

  constructor(
    readonly total: number,
    first = 0,
  ) {
    this.#first = first;
    bar = this;
  }

  update(step: number, text: string): void {
    const seconds = (performance.now() - this.#started) / 1000;
    const left = (seconds / Math.max(1, step - this.#first)) * (this.total - step);
    const numbers = `${step}/${this.total}  ${text}  ${duration(left)} left`;
    if (process.stderr.isTTY) {
      const width = 24;
      const full = Math.round((width * step) / this.total);
      this.clear();
      this.#line = `${'━'.repeat(full)}${dim('━'.repeat(width - full))} ${numbers}`.slice(
        0,
        2 * (process.stderr.columns ?? 80),
      );
      this.draw();
    } else if (performance.now() - this.#plainAt > 1000 * PLAIN_SECONDS) {
      this.#plainAt = performance.now();
      process.stderr.write(`${numbers}\n`);
    }
  }

  clear(): void {
    if (this.#line) process.stderr.write('\r\u001b[K');
  }

  draw(): void {
    if (this.#line) process.stderr.write(this.#line);
  }

  end(): void {
    this.clear();
    this.#line = '';
    bar = undefined;
  }
}

/** `3 m 20 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
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
