/**
 * How a set of generated samples compares with a reference set, from the distances between their members alone:
 *
 *   coverage                   |{argmin_r d(s, r) : s}| / |R|     each sample is matched to its nearest reference
 *   minimum matching distance  mean_r min_s d(s, r)               each reference to its nearest sample
 *   sample to reference        mean_s min_r d(s, r)               the other direction, which papers have published as the one before
 *   1-NN accuracy              how often the nearest other member of both sets together is of one's own: ½ at best
 *
 * Source: Achlioptas et al., ICML 2018, §4 (arXiv:1707.02392); Lopez-Paz & Oquab 2017 (arXiv:1610.06545) and Yang et al. 2019
 * (PointFlow, arXiv:1906.12320) for the accuracy.
 */

/** Distances d[row · columns + column]. */
export interface DistanceMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** Of S samples and R references. */
export interface SetDistances {
  /** [S, R] */
  readonly across: DistanceMatrix;
  /** [S, S] */
  readonly samples: DistanceMatrix;
  /** [R, R] */
  readonly references: DistanceMatrix;
}

export interface SetComparison {
  readonly coverage: number;
  /** Of each reference. */
  readonly minimumMatching: Float64Array;
  /** Of each sample. */
  readonly sampleToReference: Float64Array;
  readonly nearestNeighbourAccuracy: number;
}

export function compareSets({ across, samples, references }: SetDistances): SetComparison {
  const { rows, columns } = across;
  const indices = (count: number) => Array.from({ length: count }, (_, i) => i);
  const nearestReference = indices(rows).map((s) => nearest(columns, (r) => across.values[s * columns + r]));
  const nearestSample = indices(columns).map((r) => nearest(rows, (s) => across.values[s * columns + r]));
  const nearestOther = ({ rows: count, values }: DistanceMatrix, i: number) =>
    nearest(count, (j) => (j === i ? Infinity : values[i * count + j]));
  // Of two at one distance the other set's counts half, so that equal sets are told apart by chance.
  const ownShare = (own: number, other: number): number => (own < other ? 1 : own === other ? 0.5 : 0);
  const right = [
    ...nearestReference.map(({ value }, s) => ownShare(nearestOther(samples, s).value, value)),
    ...nearestSample.map(({ value }, r) => ownShare(nearestOther(references, r).value, value)),
  ];
  return {
    coverage: new Set(nearestReference.map(({ at }) => at)).size / columns,
    minimumMatching: Float64Array.from(nearestSample, ({ value }) => value),
    sampleToReference: Float64Array.from(nearestReference, ({ value }) => value),
    nearestNeighbourAccuracy: right.reduce((sum, each) => sum + each, 0) / right.length,
  };
}

function nearest(count: number, distance: (index: number) => number): { at: number; value: number } {
  let [at, value] = [0, Infinity];
  for (let i = 0; i < count; i++) {
    const each = distance(i);
    if (each < value) [at, value] = [i, each];
  }
  return { at, value };
}
