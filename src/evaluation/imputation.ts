/** How far from the truth what was filled in is: over what was missing alone. */
import { pictureOf, rowOf, type SampleSpec } from '../data/index.js';

/** Of pixels or numbers together, or of one column. */
export interface ImputationError {
  /** Of a column: its name. */
  readonly column?: string;
  /** Numbers that were missing, and of which the truth is known. */
  readonly missing: number;
  /**
   * rmse: of pixels as intensities from 0 to 1, of columns in their own units; error: share of cells that got another
   * category.
   */
  readonly kind: 'rmse' | 'error';
  readonly value: number;
  /**
   * The same of a guess that looks at no other column: the mean of the training samples, of counts and categories the mean
   * or the most frequent one where they are observed. Absent where that is nowhere.
   */
  readonly baseline?: number;
}

export interface CompletedSamples {
  /** As they are, [count, ...sample], in stored units. */
  readonly truth: ArrayLike<number>;
  /** What was filled in, in stored units, not rounded where pictures are. */
  readonly completed: ArrayLike<number>;
  /** 1 where the truth was to be found, and is known. */
  readonly missing: ArrayLike<number>;
}

/** Errors of each column of rows that misses something, or one of all pixels. */
export function imputationErrors(spec: SampleSpec, samples: CompletedSamples): ImputationError[] {
  const columns = rowOf(spec)?.columns;
  if (!columns) {
    const [low, high] = pictureOf(spec)?.range ?? [0, 1];
    const { missing, sum } = sumsOver(samples, 0, 1);
    return [{ missing, kind: 'rmse', value: Math.sqrt(sum / missing) / (high - low) }];
  }
  return columns.flatMap(({ name, type, mean }, j): ImputationError[] => {
    const isNumber = type === 'numeric' || type === 'count';
    const known = observedOf(samples, j, columns.length);
    const ofKnown = known.length === 0 ? undefined : isNumber ? meanOf(known) : modeOf(known);
    const usual = type === 'numeric' ? (mean ?? ofKnown) : ofKnown;
    const measured = (guess?: number) => {
      const { missing, sum, wrong } = sumsOver(samples, j, columns.length, guess);
      return { missing, value: isNumber ? Math.sqrt(sum / missing) : wrong / missing };
    };
    const { missing, value } = measured();
    if (missing === 0) return [];
    return [
      {
        column: name,
        missing,
        kind: isNumber ? 'rmse' : 'error',
        value,
        ...(usual === undefined ? {} : { baseline: measured(usual).value }),
      },
    ];
  });
}

/** Sums over missing numbers of one column, of what was completed or of one guess for all. */
function sumsOver(
  { truth, completed, missing }: CompletedSamples,
  first: number,
  step: number,
  guess?: number,
): { missing: number; sum: number; wrong: number } {
  let [count, sum, wrong] = [0, 0, 0];
  for (let i = first; i < truth.length; i += step) {
    if (missing[i] !== 1) continue;
    const difference = (guess ?? completed[i]) - truth[i];
    count++;
    sum += difference * difference;
    if (difference !== 0) wrong++;
  }
  return { missing: count, sum, wrong };
}

function observedOf({ truth, missing }: CompletedSamples, first: number, step: number): number[] {
  const values: number[] = [];
  for (let i = first; i < truth.length; i += step)
    if (missing[i] !== 1 && !Number.isNaN(truth[i])) values.push(truth[i]);
  return values;
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function modeOf(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}
