import { expect, test } from 'vitest';
import { compute } from '../conformance/models.js';
import { constant, input } from '../tensor/index.js';
import { DiagonalNormal, NormalMixture } from './index.js';

const matrix = (values: readonly number[], ...shape: number[]) => constant(values, 'float32', shape);

/** Components at (1, −1) and (−2, 0.5), the first with correlated numbers. */
const full = {
  kind: 'full' as const,
  factor: matrix([0.8, 0, 0.6, 0.5, 0.4, 0, 0, 1.2], 2, 2, 2),
  inverse: matrix([1.25, 0, -1.5, 2, 2.5, 0, 0, 1 / 1.2], 2, 2, 2),
};
const means = matrix([1, -1, -2, 0.5], 2, 2);
const weights = [0.3, 0.7];
const logWeights = (rows: number) => constant(weights.map(Math.log)).broadcastTo([rows, 2]);

test('one diagonal component is a normal distribution', () => {
  const [mean, logVar] = [matrix([0.5, -1, 2], 1, 3), matrix([0.2, -0.4, 1], 1, 3)];
  const mixture = new NormalMixture({
    logWeights: constant(0).broadcastTo([4, 1]),
    means: mean,
    scale: { kind: 'diagonal', logVar },
  });
  const normal = new DiagonalNormal({ mean: mean.broadcastTo([4, 3]), logVar });
  const z = input('z', [2, 4, 3]);
  const feeds = { z: Float64Array.from({ length: 24 }, (_, i) => Math.sin(i)) };
  const [one, other] = compute([mixture.logProb(z), normal.logProb(z)], { values: feeds });
  one.forEach((value, i) => {
    expect(value).toBeCloseTo(other[i], 10);
  });
});

test('the density of full covariances integrates to 1, with the moments that draws have', () => {
  const [side, edge] = [160, 8];
  const cell = (2 * edge) / side;
  const at = (i: number) => -edge + (i + 0.5) * cell;
  const grid = Float64Array.from({ length: 2 * side * side }, (_, k) =>
    at(k % 2 === 0 ? Math.floor(k / 2 / side) : Math.floor(k / 2) % side),
  );
  const p = new NormalMixture({ logWeights: logWeights(side * side), means, scale: full });
  const [logProbs] = compute([p.logProb(input('z', [side * side, 2]))], { values: { z: grid } });
  const mass = logProbs.map((value) => Math.exp(value) * cell ** 2);
  expect(mass.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  const moment = (f: (x: number, y: number) => number) =>
    mass.reduce((sum, each, k) => sum + each * f(grid[2 * k], grid[2 * k + 1]), 0);

  const draws = 20_000;
  const one = new NormalMixture({ logWeights: logWeights(1), means, scale: full });
  const [points, mean] = compute([one.sample({ draws }), one.mean]);
  expect(mean[0]).toBeCloseTo(
    moment((x) => x),
    5,
  );
  for (const f of [
    (x: number) => x,
    (_: number, y: number) => y,
    (x: number, y: number) => x * y,
    (x: number) => x * x,
  ]) {
    const values = Array.from({ length: draws }, (_, n) => f(points[2 * n], points[2 * n + 1]));
    const average = values.reduce((a, b) => a + b) / draws;
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / draws;
    expect(Math.abs(average - moment(f))).toBeLessThan(4 * Math.sqrt(variance / draws));
  }
});

test('every sample has weights of its own, and what it lacks is never drawn', () => {
  const only = matrix([0, -1000, -1000, 0], 2, 2);
  const p = new NormalMixture({
    logWeights: only,
    means,
    scale: { kind: 'diagonal', logVar: matrix([-20, -20, -20, -20], 2, 2) },
  });
  const [points, logProbs] = compute([p.sample({ draws: 50 }), p.logProb(means)]);
  for (let n = 0; n < 50; n++) {
    expect(points[4 * n]).toBeCloseTo(1, 2);
    expect(points[4 * n + 2]).toBeCloseTo(-2, 2);
  }
  expect(logProbs.every(Number.isFinite)).toBe(true);
});
