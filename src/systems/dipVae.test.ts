import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { DiagonalNormal } from '../probability/index.js';
import { constant, grad, input } from '../tensor/index.js';
import { distanceFromWhite } from './dipVae.js';
import { describeData, dipVae, toWeighted } from './index.js';

type Rows = readonly (readonly number[])[];
const matrix = (rows: Rows) =>
  constant(Float64Array.from(rows.flat()), 'float32', [rows.length, rows[0].length]);

/** The two penalties of posteriors with these means and one variance. */
function distance(type: 'i' | 'ii', means: Rows, variance = 1) {
  const q = new DiagonalNormal({
    mean: matrix(means),
    logVar: matrix(means.map((row) => row.map(() => Math.log(variance)))),
  });
  const { offDiagonal, diagonal } = distanceFromWhite(q, type);
  const [[off], [on]] = compute([offDiagonal, diagonal]);
  return { off, on, sum: off + on };
}

const cross = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
];
/** Covariance exactly I. */
const white = [
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
];
const any = Array.from({ length: 7 }, (_, i) => [Math.sin(i), 2 * Math.cos(2 * i), Math.sin(3 * i + 1)]);

test('means at (±1, 0) and (0, ±1) are ½ I: distance 0.5 by type i, none by type ii at variance ½', () => {
  expect(distance('i', cross).sum).toBeCloseTo(0.5, 14);
  expect(distance('ii', cross, 0.5).sum).toBeCloseTo(0, 14);
});

test('white means are at distance 0 by type i, and at d v² by type ii', () => {
  for (const variance of [0.1, 0.5, 3]) {
    expect(distance('i', white, variance).sum).toBeCloseTo(0, 14);
    expect(distance('ii', white, variance).sum).toBeCloseTo(2 * variance ** 2, 12);
  }
});

test('covariances count once for (i, j) and once for (j, i)', () => {
  const { off, on } = distance('i', [
    [1, 2],
    [-1, -2],
  ]);
  expect(off).toBeCloseTo(2 * 2 ** 2, 12);
  expect(on).toBeCloseTo(0 + 3 ** 2, 12);
});

test('a constant added to all means changes nothing', () => {
  for (const type of ['i', 'ii'] as const) {
    const moved = any.map(([a, b, c]) => [a + 5, b - 3, c + 0.1]);
    const [before, after] = [distance(type, any), distance(type, moved)];
    expect(after.off).toBeCloseTo(before.off, 10);
    expect(after.on).toBeCloseTo(before.on, 10);
  }
});

test('a rotation leaves the two together as they are, since ‖C − I‖² is the same', () => {
  const [cosine, sine] = [Math.cos(0.7), Math.sin(0.7)];
  const turned = any.map(([a, b, c]) => [cosine * a - sine * b, sine * a + cosine * b, c]);
  expect(distance('i', turned).off).not.toBeCloseTo(distance('i', any).off, 3);
  for (const type of ['i', 'ii'] as const) {
    expect(distance(type, turned, 0.3).sum).toBeCloseTo(distance(type, any, 0.3).sum, 12);
  }
});

test('variances are reached by type ii alone', () => {
  for (const [type, expected] of [
    ['i', 0],
    ['ii', 1],
  ] as const) {
    const logVar = input('logVar', [7, 3]);
    const { offDiagonal, diagonal } = distanceFromWhite(
      new DiagonalNormal({ mean: matrix(any), logVar }),
      type,
    );
    const [slopes] = compute(grad(offDiagonal.add(diagonal), [logVar]), {
      values: { logVar: new Float64Array(21) },
    });
    expect(Number(slopes.some((slope) => slope !== 0))).toBe(expected);
  }
});

const data = describeData(pictures(3, 4, 1), { size: 100 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };

test('the weight of the variances follows that of the covariances: 10 times with i, the same with ii', () => {
  const weights = (given: Record<string, unknown>) => {
    const { model, batch } = build(dipVae, data, { ...small, ...given });
    const { offDiagonal, diagonal } = model.objective(batch(20));
    return [toWeighted(offDiagonal).weight, toWeighted(diagonal).weight];
  };
  expect(weights({})).toEqual([10, 10]);
  expect(weights({ type: 'i', lambdaOffDiagonal: 2 })).toEqual([2, 20]);
  expect(weights({ type: 'ii', lambdaOffDiagonal: 2 })).toEqual([2, 2]);
  expect(weights({ type: 'i', lambdaDiagonal: 3 })).toEqual([10, 3]);
});

test('the penalties train the encoder alone', () => {
  const { model, batch, scope } = build(dipVae, data, small);
  const { offDiagonal, diagonal } = model.objective(batch(20));
  const weights = scope.variables;
  const x = Uint8Array.from({ length: 240 }, (_, i) => (i * 89) % 256);
  const slopes = compute(grad(termValue(offDiagonal).add(termValue(diagonal)), weights), { values: { x } });
  const reached = weights.filter((_, i) => slopes[i].some((slope) => slope !== 0));
  expect(new Set(reached.map(({ name }) => name.split('.')[0]))).toEqual(
    new Set(['encoder', 'mean', 'logVar']),
  );
});

test('a batch shorter than four codes is refused', () => {
  const given = { options: dipVae.options.parse({ latent: 10 }), data };
  expect(() => dipVae.require?.({ ...given, run: { batchSize: 32, isLengthGiven: false } })).toThrow(
    'batchSize: dip-vae estimates a 10 × 10 covariance from the batch and needs 40 samples or more; 32 were asked for',
  );
  expect(() => dipVae.require?.({ ...given, run: { batchSize: 40, isLengthGiven: false } })).not.toThrow();
});

test('without a batch size it is one that long codes can be estimated from', () => {
  const batchSize = (latent: number) => dipVae.training?.(dipVae.options.parse({ latent }), data).batchSize;
  expect(batchSize(10)).toBe(256);
  expect(batchSize(100)).toBe(400);
});
