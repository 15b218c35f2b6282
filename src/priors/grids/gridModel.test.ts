import { describe, expect, test } from 'vitest';
import { evaluate, initialValues, ReferenceEngine } from '../../engine/index.js';
import { VariableTable } from '../../nn/index.js';
import type { CodeMap } from '../../systems/index.js';
import { constant, sizeOf, type Tensor } from '../../tensor/index.js';
import { describeGrids } from '../description.js';
import { drawInSteps } from '../drawing.js';
import { pixelcnn } from '../pixelcnn.js';

const DRAWS = 2000;

/** A small PixelCNN over maps, with its weights as they begin, times a factor that makes its probabilities differ. */
function model(maps: readonly CodeMap[], classes = 0) {
  const scope = new VariableTable().scope({ training: false });
  const codes = describeGrids({ maps, classes, size: 100 });
  const options = pixelcnn.options.parse({
    layers: 3,
    channels: 4,
    firstKernel: 3,
    kernel: 3,
    headChannels: 5,
    conditionBlocks: 1,
    conditional: classes > 0,
  });
  const built = pixelcnn.build(codes, options, scope);
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
  ['one map', single],
  ['two levels', levels],
  ['places in a row', [{ name: 'codes', shape: [4], size: 2 }]],
] as const)('%s', (_, maps) => {
  const positions = maps.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const grids = constant(allGrids(positions), 'int32', [2 ** positions, positions]);
  const { objective, drawing, values, weights } = model(maps);
  const terms = Object.values(objective({ x: grids })).map((term) => ('role' in term ? term.value : term));
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
    const drawn = await drawInSteps(engine, DRAWS, build, { batchSize: 1000, seed: 1 });
    const counts = probabilities.map(() => 0);
    for (let i = 0; i < DRAWS; i++) {
      const bits = drawn.subarray(i * positions, (i + 1) * positions);
      counts[bits.reduce((sum, bit, position) => sum + bit * 2 ** position, 0)]++;
    }
    // χ² with as many degrees of freedom as there are codes, less one: mean n, deviation √2n; seeded, so never flaky.
    const chiSquare = counts.reduce(
      (sum, count, i) => sum + (count - DRAWS * probabilities[i]) ** 2 / (DRAWS * probabilities[i]),
      0,
    );
    const freedom = counts.length - 1;
    expect(chiSquare).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
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
  const { objective, values } = model(single, 3);
  const labels = constant(Int32Array.of(0, 1, 2), 'int32', [3]);
  const { codes } = objective({ x: constant(new Int32Array(18), 'int32', [3, 6]), labels });
  if ('role' in codes) throw new Error('the term is plain');
  expect(new Set(values(codes)[0]).size).toBe(3);
  expect(() => objective({ x: constant(new Int32Array(18), 'int32', [3, 6]) })).toThrow(
    'name one for each code',
  );
});
