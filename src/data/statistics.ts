/** What is measured on data before training: the moments that columns are standardised by, and the range of pictures. */
import { type Column, DataError, type Dataset, type SampleSpec, type Samples, UNKNOWN } from './dataset.js';
import { elementsPerSample } from './memory.js';
import { rowOf } from './specs.js';
import type { Part } from './split.js';

/** Values that are held at a time. */
const VALUES_PER_READ = 2 ** 20;

/**
 * The spec with mean and standard deviation of each numeric column (of log(1 + x) for counts) over a part of the data,
 * so that models see standard scores; of a sequence's rows over all times together. The deviation of a constant column is
 * given as 1. What is missing does not count. Pictures and points have no such moments.
 */
export async function withMoments(dataset: Dataset, part: Part): Promise<SampleSpec> {
  const { spec } = dataset;
  const row = rowOf(spec);
  if (!row) return spec;
  const moments = row.columns.map(() => new Moments());
  for await (const { x } of samplesOf(dataset, part)) {
    for (let i = 0; i < x.length; i++) {
      const column = i % moments.length;
      moments[column].add(row.columns[column].type === 'count' ? Math.log1p(x[i]) : x[i]);
    }
  }
  const measured = row.columns.map((column, i): Column => {
    if (column.type !== 'numeric' && column.type !== 'count') return column;
    const { mean, deviation } = moments[i];
    return { ...column, mean, deviation: deviation || 1 };
  });
  const frame = { ...row, columns: measured };
  return spec.kind === 'sequence' ? { ...spec, frame } : frame;
}

export interface ValueSummary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

export interface Summary {
  /** Of stored values: of pixels and of coordinates of points together, of columns each. */
  readonly values: readonly ValueSummary[];
  /** How many samples of the part each class has; empty where there are no classes. */
  readonly classCounts: readonly number[];
  /** How many have a class that is not known. */
  readonly unknownCount: number;
}

/**
 * Whether something can be learnt about data in which numbers may be missing.
 *
 * @throws DataError if a column has no value in the part, or nothing is missing in it
 */
export async function requireHoles(dataset: Dataset, part: Part): Promise<void> {
  const { name, spec } = dataset;
  const columns = rowOf(spec)?.columns ?? [];
  const values = new Array<number>(columns.length || 1).fill(0);
  let missing = 0;
  for await (const { x } of samplesOf(dataset, part)) {
    for (let i = 0; i < x.length; i++) {
      if (Number.isNaN(x[i])) missing++;
      else values[i % values.length]++;
    }
  }
  const empty = values.indexOf(0);
  if (empty >= 0) {
    const nowhere = columns.length > 0 ? `column '${columns[empty].name}' has` : 'the samples have';
    throw new DataError(
      `${name}: ${nowhere} no value in the training part, so there is nothing to learn; leave it out`,
    );
  }
  if (missing === 0) {
    throw new DataError(
      `${name}: nothing is missing in the training part, so missing=mask has no effect; leave it out`,
    );
  }
}

/** What the samples of a part are like, in one pass. */
export async function summarise(dataset: Dataset, part: Part): Promise<Summary> {
  const { spec, classes = [] } = dataset;
  const groups = Array.from({ length: rowOf(spec)?.columns.length ?? 1 }, () => new Moments());
  const classCounts = classes.map(() => 0);
  let unknownCount = 0;
  for await (const { x, labels = [] } of samplesOf(dataset, part)) {
    for (let i = 0; i < x.length; i++) groups[i % groups.length].add(x[i]);
    for (const label of labels) {
      if (label === UNKNOWN) unknownCount++;
      else classCounts[label]++;
    }
  }
  return { values: groups.map(({ min, max, mean }) => ({ min, max, mean })), classCounts, unknownCount };
}

/** Samples of a part in order, as many at a time as bounded memory allows. */
export async function* samplesOf(dataset: Dataset, part: Part): AsyncGenerator<Samples> {
  const step = Math.max(1, Math.floor(VALUES_PER_READ / elementsPerSample(dataset.spec)));
  for (let start = 0; start < part.size; start += step) {
    const count = Math.min(step, part.size - start);
    yield dataset.read(Uint32Array.from({ length: count }, (_, i) => part.at(start + i)));
  }
}

/** Of what is not missing, running mean and sum of squared distances from it; Welford 1962, which does not cancel as Σx² − (Σx)² does. */
class Moments {
  count = 0;
  mean = 0;
  squares = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    if (Number.isNaN(value)) return;
    this.count++;
    const distance = value - this.mean;
    this.mean += distance / this.count;
    this.squares += distance * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  get deviation(): number {
    return Math.sqrt(this.squares / this.count);
  }
}
