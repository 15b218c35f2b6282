import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, type Toy, toy } from '../conformance/models.js';
import type { SampleSpec } from '../data/index.js';
import { evaluate, initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { chamfer, earthMovers } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { pointcloudAe, rGan, type System, vae } from '../systems/index.js';
import { constant, zeros } from '../tensor/index.js';
import { chamferTable, earthMoversTable, somePoints } from './cloudDistances.js';
import { compareSets } from './cloudSets.js';
import { measure } from './measure.js';
import { CELLS_PER_SIDE, jensenShannon, occupancy } from './occupancy.js';

const [reference] = engines;
const POINTS = 12;
const spec: SampleSpec = { kind: 'points', shape: [POINTS, 3], dtype: 'float32' };

/** Clouds in the unit sphere, each somewhere else. */
function cloudsOf(name: string, count: number) {
  const z = new RandomStream(2, name).normal(new Float32Array(count * POINTS * 3));
  const data = z.map(
    (value, i) => 0.1 * value + 0.4 * Math.sin(Math.floor(i / (3 * POINTS)) * (1 + (i % 3))),
  );
  return { data, count, points: POINTS, dimensions: 3 };
}

async function compared(samples: ReturnType<typeof cloudsOf>, references: ReturnType<typeof cloudsOf>) {
  const engine = reference.create();
  const tables = await Promise.all(
    [chamferTable, earthMoversTable].map(async (table) =>
      compareSets({
        across: await table(samples, references, { engine }),
        samples: await table(samples, samples, { engine }),
        references: await table(references, references, { engine }),
      }),
    ),
  );
  await engine.dispose();
  return tables;
}

test('a set covers itself at no distance, and each member’s nearest other is of the other set', async () => {
  const set = cloudsOf('set', 7);
  for (const result of await compared(set, { ...set, data: set.data.slice() })) {
    expect(result.coverage).toBe(1);
    expect([...result.minimumMatching, ...result.sampleToReference].every((value) => value < 1e-6)).toBe(
      true,
    );
    expect(result.nearestNeighbourAccuracy).toBe(0);
  }
});

test('copies of one reference cover one of all, and match the others badly', async () => {
  const references = cloudsOf('set', 6);
  const size = POINTS * 3;
  const copies = Float32Array.from({ length: 20 * size }, (_, i) => references.data[2 * size + (i % size)]);
  for (const result of await compared({ ...references, data: copies, count: 20 }, references)) {
    expect(result.coverage).toBeCloseTo(1 / 6, 12);
    expect(Math.max(...result.sampleToReference)).toBeLessThan(1e-6);
    expect(result.minimumMatching.filter((value) => value < 1e-6)).toHaveLength(1);
  }
});

test('the two directions of a minimum matching distance, and sets that are far apart', () => {
  const across = { rows: 2, columns: 3, values: Float64Array.of(1, 5, 9, 2, 3, 9) };
  const matrix = (rows: number, value: number) => ({
    rows,
    columns: rows,
    values: Float64Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? 0 : value)),
  });
  const far = compareSets({ across, samples: matrix(2, 0.5), references: matrix(3, 0.5) });
  expect([...far.minimumMatching]).toEqual([1, 3, 9]);
  expect([...far.sampleToReference]).toEqual([1, 2]);
  expect(far.coverage).toBeCloseTo(1 / 3, 12);
  expect(far.nearestNeighbourAccuracy).toBe(1);
  // A tie counts half.
  const same = { rows: 2, columns: 2, values: Float64Array.of(1, 1, 1, 1) };
  const tied = compareSets({ across: same, samples: matrix(2, 1), references: matrix(2, 1) });
  expect(tied.nearestNeighbourAccuracy).toBe(0.5);
});

test('tables hold the distances that objectives have', async () => {
  const [a, b] = [cloudsOf('a', 2), cloudsOf('b', 3)];
  const engine = reference.create();
  const tables = [await chamferTable(a, b, { engine }), await earthMoversTable(a, b, { engine })];
  await engine.dispose();
  const of = ({ data }: typeof a, i: number) =>
    constant(data.slice(i * POINTS * 3, (i + 1) * POINTS * 3), 'float32', [1, POINTS, 3]);
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 3; j++) {
      const pair = [of(a, i), of(b, j)] as const;
      const distances = [
        chamfer(...pair, 'mean'),
        earthMovers(...pair, { reduction: 'mean', tolerance: 1e-9 }),
      ];
      distances.forEach((distance, k) => {
        expect(tables[k].values[3 * i + j]).toBeCloseTo(evaluate([distance])[0][0], 6);
      });
    }
  }
});

test('points are drawn without putting back, and always the same ones', () => {
  const clouds = cloudsOf('a', 3);
  const few = somePoints(clouds, 5, new RandomStream(1, 'points'));
  expect(few.data).toEqual(somePoints(clouds, 5, new RandomStream(1, 'points')).data);
  for (let cloud = 0; cloud < 3; cloud++) {
    const first = (data: Float32Array, points: number) =>
      Array.from({ length: points }, (_, i) => data[(cloud * points + i) * 3]);
    const all = first(clouds.data, POINTS);
    const kept = first(few.data, 5);
    expect(new Set(kept).size).toBe(5);
    for (const x of kept) expect(all).toContain(x);
  }
  expect(somePoints(clouds, POINTS, new RandomStream(1, 'points'))).toBe(clouds);
});

test('the divergence of two histograms in bits', () => {
  expect(jensenShannon([1, 0], [0.5, 0.5])).toBeCloseTo(0.3112781, 7);
  expect(jensenShannon([1, 2, 3], [2, 4, 6])).toBe(0);
  expect(jensenShannon([1, 1, 0], [0, 0, 5])).toBe(1);
  expect(() => jensenShannon([1], [0])).toThrow('jensenShannon: a histogram has no counts');
});

test('a point counts for the nearest cell whose centre lies in the sphere', () => {
  const step = 2 / (CELLS_PER_SIDE - 1);
  const all = Array.from({ length: CELLS_PER_SIDE }, (_, i) => i * step - 1);
  const cells = all.flatMap((x) => all.flatMap((y) => all.map((z) => [x, y, z])));
  const points = [...new RandomStream(5, 'points').normal(new Float32Array(60))].map((value) => 0.8 * value);
  points.push(1, 1, 1, -3, 0, 0, 0, 0, 0, 0.999, 0, 0);
  for (let i = 0; i < points.length; i += 3) {
    const distance = (cell: number[]) => cell.reduce((sum, each, k) => sum + (each - points[i + k]) ** 2, 0);
    const inside = cells.filter((cell) => Math.hypot(...cell) <= 1);
    const least = Math.min(...inside.map(distance));
    const counts = occupancy(points.slice(i, i + 3));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    const hit = cells[counts.indexOf(1)];
    expect(Math.hypot(...hit)).toBeLessThanOrEqual(1);
    expect(distance(hit)).toBeCloseTo(least, 12);
  }
});

/** A model with its initial weights. */
async function untrained(system: System, given: Toy, options: Record<string, unknown>) {
  const engine = reference.create();
  const runner = new ModelRunner({ system, options: optionsOf(system, options), data: given.data, engine });
  runner.build().objective({ x: zeros([2, ...given.data.shape]) });
  await engine.variables.write(initialValues(runner.table.variables.values(), 1));
  return { runner, engine, source: given.source, training: given.source };
}

test('models of clouds are measured by clouds, and others say that they are not', async () => {
  const given = toy(spec, cloudsOf('data', 9).data);
  const measured = async (system: System, options: Record<string, unknown>) => {
    const model = await untrained(system, given, { features: [4], hidden: [4], latent: 2, ...options });
    const { metrics } = await measure({ ...model, groups: ['reconstruction', 'clouds', 'aggregate'] });
    await model.engine.dispose();
    return new Map(metrics.map((metric) => [metric.name, metric]));
  };
  const variational = await measured(pointcloudAe, { posterior: 'gaussian' });
  const {
    chamfer: both,
    chamferToReconstruction,
    chamferFromReconstruction,
    chamferOfNearestTraining,
    ...rest
  } = Object.fromEntries([...variational].map(([name, { value }]) => [name, value ?? Number.NaN]));
  expect(both).toBeCloseTo(chamferToReconstruction + chamferFromReconstruction, 6);
  // The held-out clouds are the training clouds here.
  expect(chamferOfNearestTraining).toBeCloseTo(0, 6);
  expect(rest.jensenShannon).toBeGreaterThan(0);
  expect(rest['coverage(emd)']).toBeGreaterThan(0);
  expect(variational.get('coverage(emd)')?.options).toEqual({
    samples: 9,
    references: 9,
    points: POINTS,
    solver: 'exact matching by shortest augmenting paths',
    seed: 0,
  });
  const plain = await measured(pointcloudAe, {});
  expect(plain.get('jensenShannon')?.reason).toBe('codes have no prior to draw clouds from');
  const generator = await measured(rGan, { discriminator: [4] });
  expect(generator.get('chamfer')?.reason).toBe('there is no encoder');
  expect(generator.get('totalCorrelation')?.reason).toBe('there is no encoder');
  expect(generator.get('minimumMatching(chamfer)')?.value).toBeGreaterThan(0);
});

test('data that are no clouds have none of these numbers, and say so where they are asked for', async () => {
  const model = await untrained(vae, toy(numericTable(2), new Float32Array(8)), { hidden: [4] });
  const names = async (groups?: readonly ['clouds']) => {
    const { metrics } = await measure({ ...model, draws: 2, groups });
    return metrics.map(({ name, reason }) => [name, reason]);
  };
  expect(await names(['clouds'])).toEqual([['jensenShannon', 'it is about clouds of points']]);
  expect(await names()).not.toContainEqual(['jensenShannon', 'it is about clouds of points']);
  await model.engine.dispose();
});
