/**
 * How the indices of codes are used, over a whole set of samples: from a single batch no perplexity can be larger than the
 * number of vectors in it.
 */
import type { ModelRunner, Rows } from '../inference/index.js';
import type { Batch, CodeMap, Model } from '../systems/index.js';
import { type Shape, sizeOf, type Tensor } from '../tensor/index.js';
import { type Metric, missing, single } from './metric.js';
import { mapSource, type SampleSource, type SourceOptions } from './sources.js';

/** Use of the indices of one map. */
export interface IndexUse {
  readonly name: string;
  /** K */
  readonly size: number;
  /** How many of them occur. */
  readonly used: number;
  /** exp(−Σ p log p): as many indices, equally frequent, would carry as much. */
  readonly perplexity: number;
}

/** Below this part of what an index has on average it is used in name only. */
const RARE = 0.001;
/** Most dead indices that are listed. */
const MOST_LISTED = 32;

const rowName = (map: number) => `indices ${map}`;

/** Indices of a batch, for `IndexCounts`; none where codes are made of none. */
export function indexRows({ discrete }: Model, batch: Batch): Record<string, Tensor> {
  const indices = discrete?.indices(batch) ?? [];
  return Object.fromEntries(indices.map((each, m) => [rowName(m), each]));
}

/** Counts of the indices of all maps. */
export class IndexCounts {
  readonly counts: readonly Float64Array[];

  constructor(readonly maps: readonly CodeMap[]) {
    this.counts = maps.map(({ size }) => new Float64Array(size));
  }

  add(rows: Rows): void {
    this.counts.forEach((counts, m) => {
      for (const index of rows[rowName(m)]) counts[index]++;
    });
  }

  get use(): IndexUse[] {
    return this.maps.map(({ name, size }, m) => {
      const counts = this.counts[m];
      return { name, size, used: counts.filter((count) => count > 0).length, perplexity: perplexity(counts) };
    });
  }
}

/** exp of the entropy of what occurs so often. */
export function perplexity(counts: ArrayLike<number>): number {
  return Math.exp(entropy(counts));
}

/** Nats. */
function entropy(counts: ArrayLike<number>): number {
  const all = Array.from(counts);
  const total = all.reduce((sum, count) => sum + count, 0);
  return all.reduce((sum, count) => (count > 0 ? sum - (count / total) * Math.log(count / total) : sum), 0);
}

/** Codebook metrics of every map: use, bits, and how far entries are from what they stand for. */
export async function indexMetrics(
  runner: ModelRunner,
  source: SampleSource,
  options: SourceOptions = {},
): Promise<Metric[]> {
  const count = Math.min(options.limit ?? source.size, source.size);
  const { discrete } = runner.build();
  if (!discrete) {
    const about = { name: 'perplexity', unit: 'codes', estimator: 'exp(−Σ p log p)' } as const;
    return [missing(count, about, 'codes are made of no indices')];
  }
  const rows = await mapSource(runner, 'indices', source, options, (batch, { model }) => ({
    ...indexRows(model, batch),
    ...errorRows(model, batch),
  }));
  const all = new IndexCounts(discrete.maps);
  all.add(rows);
  return discrete.maps.flatMap((map, m) => {
    const suffix = discrete.maps.length === 1 ? '' : `.${map.name}`;
    const indices = count * sizeOf(map.shape);
    return [
      ...useMetrics(all.counts[m], indices, suffix),
      ...errorMetric(rows, m, { count, indices, suffix }),
    ];
  });
}

function useMetrics(counts: Float64Array, indices: number, suffix: string): Metric[] {
  const size = counts.length;
  const share = (least: number) => counts.filter((count) => count >= least).length / size;
  const dead = Array.from(counts.keys()).filter((k) => counts[k] === 0);
  const listed = `${dead.slice(0, MOST_LISTED).join(' ')}${dead.length > MOST_LISTED ? ' …' : ''}`;
  const of = { codes: size };
  const about = (name: string, unit: Metric['unit'], estimator: string, options: Metric['options'] = of) =>
    ({ name: name + suffix, unit, estimator, options }) as const;
  return [
    single(perplexity(counts), indices, about('perplexity', 'codes', 'exp(−Σ p log p) of all indices')),
    single(share(1), indices, about('usage', '', 'share of codes that occur')),
    single(
      share((RARE * indices) / size),
      indices,
      about('regularUsage', '', `share of codes that occur ${RARE} times as often as the average or more`),
    ),
    single(
      dead.length,
      indices,
      about('deadCodes', 'codes', 'codes that do not occur', dead.length > 0 ? { ...of, dead: listed } : of),
    ),
    single(Math.log2(size), indices, about('nominalBits', 'bits per index', 'log₂ K')),
    single(
      entropy(counts) / Math.LN2,
      indices,
      about(
        'unigramBits',
        'bits per index',
        '−Σ p log₂ p: what indices take that know nothing of each other',
      ),
    ),
  ];
}

const ERROR = ['error', 'square', 'sum'] as const;
const errorName = (what: (typeof ERROR)[number], map: number) => `${what} ${map}`;

/** Of each sample, over the places of a map: Σ ‖z − e‖², Σ ‖z‖² and Σ z. */
function errorRows({ discrete }: Model, batch: Batch): Record<string, Tensor> {
  const vectors = discrete?.quantised?.(batch) ?? [];
  return Object.fromEntries(
    vectors.flatMap(({ before, after }, m) => {
      const places = axesOf(before.shape).slice(1, -1);
      return [
        [errorName('error', m), before.sub(after).square().sumOverEvent()],
        [errorName('square', m), before.square().sumOverEvent()],
        [errorName('sum', m), places.length > 0 ? before.sum(places) : before],
      ];
    }),
  );
}

const axesOf = (shape: Shape) => shape.map((_, axis) => axis);

function errorMetric(
  rows: Readonly<Record<string, Float32Array>>,
  map: number,
  { count, indices, suffix }: { count: number; indices: number; suffix: string },
): Metric[] {
  const [errors, squares, sums] = ERROR.map((what) => rows[errorName(what, map)]);
  if (!errors) return [];
  const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);
  const d = sums.length / count;
  const mean = new Float64Array(d);
  sums.forEach((sum, i) => {
    mean[i % d] += sum / indices;
  });
  const variance = total(squares) / indices - mean.reduce((sum, value) => sum + value ** 2, 0);
  const about = {
    name: `quantisationError${suffix}`,
    unit: '',
    estimator: 'mean ‖z − e‖² over the variance of z',
  } as const;
  if (!(variance > 0)) return [missing(indices, about, 'what is quantised does not vary')];
  return [single(total(errors) / indices / variance, indices, about)];
}
