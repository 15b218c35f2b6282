import { expect, test } from 'vitest';
import { RandomStream } from '../random/index.js';
import {
  adjustedRandIndex,
  contingency,
  matchedAccuracy,
  normalisedMutualInformation,
} from './partitions.js';

const all = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const table = contingency(a, b);
  return [matchedAccuracy(table), normalisedMutualInformation(table), adjustedRandIndex(table)];
};
const draw = (name: string, count: number, parts: number) =>
  Array.from(new RandomStream(4, name).uniform(new Float32Array(count)), (u) => Math.floor(u * parts));
const labels = draw('labels', 500, 5);

test('parts by other names are the same partition', () => {
  const renamed = labels.map((label) => [3, 0, 4, 2, 1][label]);
  expect(all(labels, renamed)).toEqual([1, expect.closeTo(1, 12), expect.closeTo(1, 12)]);
});

test('one cluster says nothing: it is right for the largest class, by NMI and ARI worth 0', () => {
  const balanced = Array.from({ length: 60 }, (_, n) => n % 3);
  const one = balanced.map(() => 0);
  expect(all(one, balanced)).toEqual([1 / 3, 0, 0]);
  expect(all(one, one)).toEqual([1, 1, 1]);
});

test('independent partitions have an ARI of 0, while NMI is above it', () => {
  const [a, b] = [draw('a', 10_000, 10), draw('b', 10_000, 10)];
  const [, nmi, ari] = all(a, b);
  expect(Math.abs(ari)).toBeLessThan(0.01);
  // (k − 1)² / 2N nats of bias over ln 10.
  expect(nmi).toBeGreaterThan((0.5 * (81 / 20_000)) / Math.log(10));
});

test('NMI and ARI do not ask which partition is which', () => {
  const other = labels.map((label, n) => (n % 3 === 0 ? n % 4 : label));
  const [, nmi, ari] = all(labels, other);
  const [, nmiBack, ariBack] = all(other, labels);
  expect(nmiBack).toBeCloseTo(nmi, 12);
  expect(ariBack).toBeCloseTo(ari, 12);
  expect(nmi).toBeGreaterThan(0.1);
});

test('accuracy is the best of all one-to-one matchings, of as many parts or not', () => {
  for (const [rows, columns] of [
    [4, 4],
    [3, 5],
    [5, 3],
  ]) {
    const [a, b] = [draw(`rows ${rows}`, 60, rows), draw(`columns ${columns}`, 60, columns)];
    // Some structure, so that greed and chance lose to the best matching.
    const mixed = b.map((part, n) => (n % 2 === 0 ? a[n] % columns : part));
    const table = contingency(a, mixed);
    const size = Math.max(table.rows, table.columns);
    const hits = permutations(size).map((columnOf) =>
      columnOf.reduce(
        (sum, j, i) =>
          i < table.rows && j < table.columns ? sum + table.counts[i * table.columns + j] : sum,
        0,
      ),
    );
    expect(matchedAccuracy(table)).toBe(Math.max(...hits) / 60);
  }
});

function permutations(size: number): number[][] {
  if (size === 0) return [[]];
  return permutations(size - 1).flatMap((rest) =>
    Array.from({ length: size }, (_, at) => rest.toSpliced(at, 0, size - 1)),
  );
}

test('greed is not the best: the largest count is given up for a better whole', () => {
  // Cluster 0 holds 5 of class 0 and 4 of class 1; cluster 1 holds 4 of class 0 and none of class 1.
  const a = [...new Array(9).fill(0), ...new Array(4).fill(1)];
  const b = [...new Array(5).fill(0), ...new Array(4).fill(1), ...new Array(4).fill(0)];
  expect(all(a, b)[0]).toBeCloseTo(8 / 13, 12);
});

test('ARI and NMI are those of pairs and entropies counted out', () => {
  // Of 6 pairs, one in both, one more in a alone: (1 − 1/3) / (3/2 − 1/3). H(a) = ln 2, H(b) = 3/2 ln 2 = I + ½ ln 2.
  expect(all([0, 0, 1, 1], [0, 0, 1, 2])).toEqual([0.75, expect.closeTo(0.8, 12), expect.closeTo(4 / 7, 12)]);
  // No pair in both: (0 − 2/3) / (2 − 2/3).
  expect(all([0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0.5, 0, expect.closeTo(-0.5, 12)]);
  const other = draw('other', 200, 3).map((part, n) => (n % 2 ? part : labels[n]));
  expect(all(labels.slice(0, 200), other)[2]).toBeCloseTo(byPairs(labels.slice(0, 200), other), 12);
});

/** The index by looking at every pair. */
function byPairs(a: readonly number[], b: readonly number[]): number {
  let [both, inA, inB, pairs] = [0, 0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    for (let m = 0; m < n; m++) {
      const [sameA, sameB] = [a[n] === a[m], b[n] === b[m]];
      both += Number(sameA && sameB);
      inA += Number(sameA);
      inB += Number(sameB);
      pairs++;
    }
  }
  const expected = (inA * inB) / pairs;
  return (both - expected) / ((inA + inB) / 2 - expected);
}

test('samples that count twice are as if they were there twice', () => {
  const [a, b, times] = [
    [0, 1, 1, 2],
    [1, 1, 0, 0],
    [2, 0, 1, 3],
  ];
  expect(contingency(a, b, times).counts).toEqual(contingency([0, 0, 1, 2, 2, 2], [1, 1, 0, 0, 0, 0]).counts);
});
