import { describe, expect, test } from 'vitest';
import { evaluate, initialValues, ReferenceEngine } from '../../engine/index.js';
import { VariableTable } from '../../nn/index.js';
import { type CodeMap, toWeighted } from '../../systems/index.js';
import { constant, sizeOf, type Tensor } from '../../tensor/index.js';
import { describeGrids } from '../description.js';
import { drawInSteps } from '../drawing.js';
import { pixelcnn } from '../pixelcnn.js';
import { pixelsnail } from '../pixelsnail.js';

const DRAWS = 1500;
/** Expected draws of a code that has a bin of its own. */
const FEW = 5;

/** A small prior over maps, with its weights as they begin, times a factor that makes its probabilities differ. */
function model(maps: readonly CodeMap[], { classes = 0, prior = 'pixelcnn' } = {}) {
  const scope = new VariableTable().scope({ training: false });
  const codes = describeGrids({ maps, classes, size: 100 });
  const shared = { channels: 4, kernel: 3, headChannels: 5, conditionBlocks: 1, conditional: classes > 0 };
  const built =
    prior === 'pixelcnn'
      ? pixelcnn.build(codes, pixelcnn.options.parse({ ...shared, layers: 3, firstKernel: 3 }), scope)
      : pixelsnail.build(codes, pixelsnail.options.parse({ ...shared, heads: 2 }), scope);
  const weights = () => {
    const first = initialValues(scope.variables, 5);
    return new Map(
      Array.from(first, ([name, values]) => [name, Float32Array.from(values, (value) => 2.5 * value)]),
    );
  };
  const values = (...tensors: Tensor[]) => evaluate(tensors, { values: Object.fromEntries(weights()) });
  return { ...built, codes, values, weights };
}

/** All joined indices there are, for two entries in every map. */
function allGrids(positions: number): Int32Array {
  return Int32Array.from({ length: positions * 2 ** positions }, (_, i) => {
    const [grid, position] = [Math.floor(i / positions), i % positions];
    return (grid >> position) & 1;
  });
}

const single: readonly CodeMap[] = [{ name: 'codes', shape: [2, 3], size: 2 }];
const levels: readonly CodeMap[] = [
  { name: 'top', shape: [1, 2], size: 2 },
  { name: 'bottom', shape: [2, 2], size: 2 },
];

describe.each([
  ['pixelcnn', 'one map', single],
  ['pixelcnn', 'two levels', levels],
  ['pixelcnn', 'places in a row', [{ name: 'codes', shape: [4], size: 2 }]],
  ['pixelsnail', 'one map', single],
  ['pixelsnail', 'two levels', levels],
] as const)('%s over %s', (prior, _, maps) => {
  const positions = maps.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const grids = constant(allGrids(positions), 'int32', [2 ** positions, positions]);
  const { objective, drawing, values, weights } = model(maps, { prior });
  const terms = Object.values(objective({ x: grids })).map((term) => toWeighted(term).value);
  const nll = terms.reduce((sum, term) => sum.add(term));
  const [nats] = values(nll);
  const probabilities = Array.from(nats, (each) => Math.exp(-each));

  test('probabilities of all codes sum to 1, and are not all alike', () => {
    expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 10);
    expect(Math.max(...probabilities) / Math.min(...probabilities)).toBeGreaterThan(2);
  });

  test('codes are drawn as often as they are probable', async () => {
    const engine = new ReferenceEngine();
    await engine.variables.write(weights());
    const build = (count: number) => {
      const drawn = drawing?.(count);
      if (!drawn) throw new Error('the model draws in no steps');
      return drawn;
    };
    const drawn = await drawInSteps(engine, DRAWS, build, { batchSize: 500, seed: 1 });
    const counts = probabilities.map(() => 0);
    for (let i = 0; i < DRAWS; i++) {
      const bits = drawn.subarray(i * positions, (i + 1) * positions);
      counts[bits.reduce((sum, bit, position) => sum + bit * 2 ** position, 0)]++;
    }
    // χ² is about the sums of many; codes that are expected too seldom count together.
    const bins = new Map<number, { count: number; expected: number }>();
    probabilities.forEach((p, i) => {
      const bin = DRAWS * p < FEW ? -1 : i;
      const { count, expected } = bins.get(bin) ?? { count: 0, expected: 0 };
      bins.set(bin, { count: count + counts[i], expected: expected + DRAWS * p });
    });
    const parts = Array.from(bins.values(), ({ count, expected }) => (count - expected) ** 2 / expected);
    const freedom = parts.length - 1;
    // Mean n, deviation √2n; seeded, so never flaky.
    expect(parts.reduce((sum, part) => sum + part)).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
  });
});

test('a finer map depends on every place of the coarser one, and on no other way', () => {
  const { objective, values } = model(levels);
  const rows = [
    [0, 0, 1, 0, 1, 1],
    [1, 0, 1, 0, 1, 1],
    [0, 1, 1, 0, 1, 1],
    [0, 0, 1, 0, 1, 0],
  ];
  const { top, bottom } = objective({ x: constant(Int32Array.from(rows.flat()), 'int32', [4, 6]) });
  if ('role' in top || 'role' in bottom) throw new Error('terms are plain');
  const [tops, bottoms] = values(top, bottom);
  expect(new Set(bottoms).size).toBe(4);
  expect(tops[3]).toBe(tops[0]);
});

test('levels share no weight: each phase moves its own', () => {
  const { stages, objective, codes } = model(levels);
  const x = constant(new Int32Array(codes.size), 'int32', [1, codes.size]);
  objective({ x });
  expect(stages?.flatMap(({ phases }) => phases.map(({ name }) => name))).toEqual(['top', 'bottom']);
  const moved = stages?.[0].phases.map(({ moves }) =>
    ['top.head.1.weight', 'bottom.head.1.weight'].map(moves),
  );
  expect(moved).toEqual([
    [true, false],
    [false, true],
  ]);
});

test('the class moves every position', () => {
  const { objective, values } = model(single, { classes: 3 });
  const labels = constant(Int32Array.of(0, 1, 2), 'int32', [3]);
  const { codes } = objective({ x: constant(new Int32Array(18), 'int32', [3, 6]), labels });
  if ('role' in codes) throw new Error('the term is plain');
  expect(new Set(values(codes)[0]).size).toBe(3);
  expect(() => objective({ x: constant(new Int32Array(18), 'int32', [3, 6]) })).toThrow(
    'name one for each code',
  );
});
