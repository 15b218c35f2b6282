import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { erf } from '../engine/reference/special.js';
import { constant, randomNormal, type Tensor, topologicalOrder } from '../tensor/index.js';
import {
  type CodePriorName,
  codePrior,
  codePriorNames,
  DiagonalNormal,
  hasParts,
  lengthOf,
} from './index.js';

const COUNT = 20_000;
/** One true sample in a thousand is further off; the seeds are fixed, so never by luck. */
const KS_LIMIT = 1.95 / Math.sqrt(COUNT);

const valuesOf = (y: Tensor, seed = 3) => Array.from(evaluate([y], { seed })[0]);

function planePoints(
  kind: CodePriorName,
  labels?: Tensor,
): { radius: number; angle: number; at: number[] }[] {
  const z = valuesOf(codePrior(kind, [COUNT, 2], { labels }).sample());
  return Array.from({ length: COUNT }, (_, i) => {
    const at = [z[2 * i], z[2 * i + 1]];
    return { radius: Math.hypot(...at), angle: Math.atan2(at[1], at[0]), at };
  });
}

function distance(values: readonly number[], distribution: (x: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.reduce((worst, x, i) => {
    const f = distribution(x);
    return Math.max(worst, f - i / sorted.length, (i + 1) / sorted.length - f);
  }, 0);
}

const normalCdf = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));

test.each([
  { kind: 'ring', inner: 0.5 },
  { kind: 'disk', inner: 0 },
] as const)('a $kind is uniform by area and in every direction', ({ kind, inner }) => {
  const points = planePoints(kind);
  const radii = points.map(({ radius }) => radius);
  expect(Math.min(...radii)).toBeGreaterThanOrEqual(inner);
  expect(Math.max(...radii)).toBeLessThanOrEqual(1);
  expect(distance(radii, (r) => (r ** 2 - inner ** 2) / (1 - inner ** 2))).toBeLessThan(KS_LIMIT);
  const angles = points.map(({ angle }) => angle);
  expect(distance(angles, (a) => (a + Math.PI) / (2 * Math.PI))).toBeLessThan(KS_LIMIT);
});

test('a square is uniform along every axis, for codes of any length', () => {
  const z = valuesOf(codePrior('square', [COUNT, 5]).sample());
  for (let l = 0; l < 5; l++) {
    const column = z.filter((_, i) => i % 5 === l);
    expect(distance(column, (x) => (x + 1) / 2)).toBeLessThan(KS_LIMIT);
  }
});

test('normal codes are N(0, I), with a density', () => {
  expect(codePrior('normal', [3, 4])).toBeInstanceOf(DiagonalNormal);
});

test('each petal of a mixture has a tenth of the codes, normal along its radius and across', () => {
  // Turned back into the petal whose axis is nearest, a code is (1.4 + ½ε, ε/10), but for those that cross over.
  const points = planePoints('mixture');
  const counts = new Array<number>(10).fill(0);
  for (const { angle } of points) counts[(Math.round((10 * angle) / (2 * Math.PI)) + 10) % 10]++;
  for (const count of counts)
    expect(Math.abs(count - COUNT / 10)).toBeLessThan(4 * Math.sqrt(COUNT * 0.09) + 20);
  const mean = [0, 1].map((l) => points.reduce((sum, { at }) => sum + at[l] / COUNT, 0));
  for (const value of mean) expect(Math.abs(value)).toBeLessThan(0.04);
  // E‖z‖² = 1.4² + ½² + (1/10)².
  const squares = points.reduce((sum, { radius }) => sum + radius ** 2 / COUNT, 0);
  expect(Math.abs(squares - (1.4 ** 2 + 0.26))).toBeLessThan(0.05);
});

test('with its class, a code comes from the petal of the class', () => {
  const labels = constant(
    Array.from({ length: COUNT }, () => 3),
    'int32',
    [COUNT],
  );
  const [cos, sin] = [Math.cos(0.6 * Math.PI), Math.sin(0.6 * Math.PI)];
  const points = planePoints('mixture', labels).map(({ at: [a, b] }) => [
    cos * a + sin * b,
    cos * b - sin * a,
  ]);
  const along = points.map(([a]) => (a - 1.4) / 0.5);
  const across = points.map(([, b]) => b / 0.1);
  expect(distance(along, normalCdf)).toBeLessThan(KS_LIMIT);
  expect(distance(across, normalCdf)).toBeLessThan(KS_LIMIT);
});

test('without a class, the two numbers of a petal are still independent and normal', () => {
  const noise = randomNormal('prior', [COUNT, 2]);
  const g = valuesOf(noise);
  const z = valuesOf(codePrior('mixture', [COUNT, 2]).sample());
  const [along, across]: number[][] = [[], []];
  for (let i = 0; i < COUNT; i++) {
    const angle = (2 * Math.PI * Math.floor(10 * normalCdf(g[2 * i]))) / 10;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    along.push((cos * z[2 * i] + sin * z[2 * i + 1] - 1.4) / 0.5);
    across.push((cos * z[2 * i + 1] - sin * z[2 * i]) / 0.1);
  }
  expect(distance(along, normalCdf)).toBeLessThan(KS_LIMIT);
  expect(distance(across, normalCdf)).toBeLessThan(KS_LIMIT);
  const correlation = along.reduce((sum, a, i) => sum + (a * across[i]) / COUNT, 0);
  expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(COUNT));
});

test('a spiral makes two turns, its radius growing with its angle', () => {
  const points = planePoints('swissRoll');
  // ‖z‖²/9 is u, but for the thickness.
  expect(
    distance(
      points.map(({ radius }) => (radius / 3) ** 2),
      (u) => Math.min(u, 1),
    ),
  ).toBeLessThan(0.03);
  for (const { radius, angle } of points.slice(0, 500)) {
    const turns = ((4 * Math.PI * radius) / 3 - angle) / (2 * Math.PI);
    // Radial noise of deviation 0.05 turns the angle by 0.05 · (4π/3) / 2π = 1/30 of a circle.
    if (radius > 0.3) expect(Math.abs(turns - Math.round(turns))).toBeLessThan(4.5 / 30);
  }
});

test('the mean is that of the draws, with classes and without', () => {
  for (const kind of codePriorNames) {
    for (const y of [undefined, 0, 7]) {
      if (y !== undefined && !hasParts(kind)) continue;
      const labels =
        y === undefined
          ? undefined
          : constant(
              Array.from({ length: COUNT }, () => y),
              'int32',
              [COUNT],
            );
      const prior = codePrior(kind, [COUNT, 2], { labels });
      const [mean, z] = [valuesOf(prior.mean), valuesOf(prior.sample())];
      for (const l of [0, 1]) {
        const column = z.filter((_, i) => i % 2 === l);
        const average = column.reduce((a, b) => a + b) / COUNT;
        const variance = column.reduce((sum, value) => sum + (value - average) ** 2, 0) / COUNT;
        expect(Math.abs(average - mean[l]), `${kind} ${y}`).toBeLessThan(4 * Math.sqrt(variance / COUNT));
      }
    }
  }
});

test('every prior is made of one normal draw of the codes’ shape, whatever the shape of the prior', () => {
  for (const kind of codePriorNames) {
    const random = topologicalOrder([codePrior(kind, [7, 2]).sample({ stream: 'prior' })]).filter((node) =>
      node.is('random'),
    );
    expect(random.map(({ attributes }) => attributes)).toEqual([
      { stream: 'prior', distribution: 'normal', shape: [7, 2] },
    ]);
  }
});

test('several draws stand along a leading axis', () => {
  for (const kind of codePriorNames)
    expect(codePrior(kind, [7, 2]).sample({ draws: 3 }).shape).toEqual([3, 7, 2]);
});

test('shapes of the plane are refused for longer codes', () => {
  expect(lengthOf('ring')).toBe(2);
  expect(lengthOf('square')).toBeUndefined();
  expect(() => codePrior('ring', [5, 3])).toThrow('codePrior: ring is over codes [count, 2]; got [5, 3]');
});
