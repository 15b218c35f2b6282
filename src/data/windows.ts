/**
 * Windows over the rows of a table in their order, as sequences. The parts for training, validation and testing are
 * stretches of time, one after the other, and a window lies within one of them: none shares a row with one of another part.
 */
import { DataError, type Dataset, type Likeness, type Parts } from './dataset.js';
import { requireIndices } from './indices.js';
import { sequenceOf } from './specs.js';
import { LARGEST_PART, TEST_SHARE, VALIDATION_SHARE } from './split.js';

export interface WindowOptions {
  /** Rows of a window. */
  window?: number;
  /** Rows from the start of one window to that of the next. @default 1 */
  stride?: number;
}

/** The window that was asked for, or the length of the sequences of rows that data are to be read like. */
export function windowLike({ window, like }: WindowOptions & { like?: Likeness }): number | undefined {
  const spec = like?.spec;
  return window ?? (spec?.kind === 'sequence' && spec.frame.kind === 'table' ? spec.shape[0] : undefined);
}

/** @throws DataError if a stride is given where there are no windows */
export function requireWindow(name: string, { window, stride }: WindowOptions): void {
  if (window === undefined && stride !== undefined)
    throw new DataError(`${name}: the option stride has no effect without window; leave it out`);
}

/** Windows that lie in rows [first, first + rows). */
interface Stretch {
  readonly first: number;
  readonly windows: number;
}

/**
 * @throws DataError if the samples are no rows, are too few, or the options are no whole numbers that fit
 */
export function windowed(
  table: Dataset,
  { window, stride = 1 }: Required<Pick<WindowOptions, 'window'>> & WindowOptions,
): Dataset {
  const { name, spec, size: rows, classes } = table;
  if (spec.kind !== 'table')
    throw new DataError(
      `${name}: the option window is for tables, whose rows follow one another; leave it out`,
    );
  requireWhole(name, 'window', window, 2);
  requireWhole(name, 'stride', stride, 1);
  const stretches = stretchesOf(name, rows, window, stride);
  const [train, validation, test] = stretches.map(({ windows }) => windows);
  const parts: Parts = { train, validation, test };
  const size = train + validation + test;
  const width = spec.shape[0];
  const startOf = (index: number) => {
    let left = index;
    for (const { first, windows } of stretches) {
      if (left < windows) return first + left * stride;
      left -= windows;
    }
    return rows - window;
  };
  return {
    name,
    spec: sequenceOf(window, spec),
    size,
    parts,
    notices: [
      ...table.notices,
      `windows of ${window} rows, in the order of time: the first for training, then for validation, the last for testing`,
      ...(classes ? ['rows of a window may differ in class, so classes are left out'] : []),
    ],
    fingerprint: `${table.fingerprint}-${window}-${stride}`,
    async read(indices) {
      requireIndices(indices, name, size);
      const starts = Array.from(indices, startOf);
      // Neighbouring windows share rows, each of which is read once.
      const wanted = [...new Set(starts.flatMap((start) => range(start, window)))];
      const at = new Map(wanted.map((row, i) => [row, i]));
      const read = (await table.read(wanted)).x;
      const x = new Float32Array(starts.length * window * width);
      starts.forEach((start, i) => {
        for (let t = 0; t < window; t++) {
          const row = at.get(start + t) ?? 0;
          x.set(read.subarray(row * width, (row + 1) * width), (i * window + t) * width);
        }
      });
      return { x };
    },
    idOf: (index) => table.idOf(startOf(index)),
    close: () => table.close(),
  };
}

const range = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);

function requireWhole(name: string, option: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new DataError(`${name}: the option ${option} is a whole number from ${least} on, not ${value}`);
}

/** The last tenth of the rows for testing, the last twentieth of the rest for validation, and a window each at least. */
function stretchesOf(name: string, rows: number, window: number, stride: number): Stretch[] {
  const most = (LARGEST_PART - 1) * stride + window;
  const share = (of: number, fraction: number) => Math.min(most, Math.max(window, Math.round(of * fraction)));
  const test = share(rows, TEST_SHARE);
  const validation = share(rows - test, VALIDATION_SHARE);
  const train = rows - test - validation;
  // Two windows at least to train on.
  if (train < window + stride) {
    throw new DataError(
      `${name}: ${rows} rows do not hold windows of ${window} for training, validation and testing that share no row; take a shorter window`,
    );
  }
  const stretch = (first: number, length: number): Stretch => ({
    first,
    windows: 1 + Math.floor((length - window) / stride),
  });
  return [stretch(0, train), stretch(train, validation), stretch(train + validation, test)];
}
