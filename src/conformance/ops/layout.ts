/** Cases of the operations that move elements. */
import { type DType, concat as join, type Range, type Shape } from '../../tensor/index.js';
import { type Sampler, sample } from '../sampler.js';
import { type OpCase, type OpSuite, SHAPES } from './opCase.js';

const ALL_TYPES: readonly DType[] = ['int32', 'uint8', 'bool'];
const exact = { roundings: 0, smooth: true } as const;

/** One case for each type that is not float32. */
function forOtherTypes(s: Sampler, shape: Shape, build: OpCase['build']): OpCase[] {
  return ALL_TYPES.map((dtype) => ({ label: dtype, inputs: [s.whole(shape, 0, 1, dtype)], build }));
}

const RESHAPES: readonly [Shape, Shape][] = [
  [[], [1]],
  [[1, 1], []],
  [[6], [2, 3]],
  [
    [2, 3, 4],
    [4, 3, 2],
  ],
  [
    [0, 3],
    [5, 0],
  ],
  [
    [2, 0],
    [0, 2, 7],
  ],
  [
    [2, 1, 3, 1, 2],
    [3, 4],
  ],
];

export const reshape: OpSuite = {
  ...exact,
  cases: (s) => [
    ...RESHAPES.map(
      ([from, to]): OpCase => ({
        label: `[${from}] to [${to}]`,
        inputs: [s.normal(from)],
        build: (x) => x.reshape(to),
      }),
    ),
    ...forOtherTypes(s, [2, 3], (x) => x.reshape([3, 2])),
  ],
};

export const transpose: OpSuite = {
  ...exact,
  cases: (s) => [
    ...SHAPES.map((shape): OpCase => {
      const permutation = s.order(shape.length);
      return {
        label: `[${shape}] by [${permutation}]`,
        inputs: [s.normal(shape)],
        build: (x) => x.transpose(permutation),
      };
    }),
    ...Array.from({ length: 8 }, (): OpCase => {
      const permutation = s.order(5);
      return {
        label: `rank 5 by [${permutation}]`,
        inputs: [s.normal([2, 3, 1, 5, 2])],
        build: (x) => x.transpose(permutation),
      };
    }),
    ...forOtherTypes(s, [2, 3, 5], (x) => x.transpose([2, 0, 1])),
  ],
};

const STRETCHES: readonly [Shape, Shape][] = [
  [[], []],
  [[], [2, 3]],
  [[1], [7]],
  [[3], [2, 3]],
  [
    [2, 1],
    [2, 5],
  ],
  [
    [1, 3, 1],
    [2, 2, 3, 5],
  ],
  [[1], [0]],
  [
    [0, 1],
    [3, 0, 2],
  ],
];

export const broadcastTo: OpSuite = {
  ...exact,
  cases: (s) => [
    ...STRETCHES.map(
      ([from, to]): OpCase => ({
        label: `[${from}] to [${to}]`,
        inputs: [s.normal(from)],
        build: (x) => x.broadcastTo(to),
      }),
    ),
    ...forOtherTypes(s, [3, 1], (x) => x.broadcastTo([2, 3, 2])),
  ],
};

const SLICES: readonly [label: string, Shape, readonly Range[]][] = [
  ['the middle', [7], [[2, 5]]],
  ['one element', [7], [[6, 7]]],
  ['nothing', [7], [[3, 3]]],
  ['nothing behind the end', [7], [[7, 7]]],
  ['of nothing', [0], [[0, 0]]],
  ['every third', [7], [[0, 7, 3]]],
  ['every third from 1', [8], [[1, 8, 3]]],
  ['a step longer than the tensor', [7], [[2, 7, 9]]],
  ['backwards', [7], [[6, -1, -1]]],
  ['backwards from the middle', [7], [[4, 1, -1]]],
  ['backwards by two to the front', [7], [[6, -1, -2]]],
  ['backwards by three, not reaching the front', [7], [[5, -1, -3]]],
  ['backwards, nothing', [7], [[3, 3, -2]]],
  ['backwards from the first', [7], [[0, -1, -5]]],
  [
    'several axes',
    [5, 4, 3],
    [
      [1, 5, 2],
      [3, -1, -1],
      [0, 2],
    ],
  ],
  ['an axis left alone', [3, 4], [undefined, [1, 3]]],
  [
    'rank 5',
    [2, 3, 2, 3, 2],
    [
      [1, -1, -1],
      [0, 3, 2],
      [0, 1],
      [2, -1, -2],
      [1, 2],
    ],
  ],
];

export const slice: OpSuite = {
  ...exact,
  cases: (s) => [
    ...SLICES.map(
      ([label, shape, ranges]): OpCase => ({
        label,
        inputs: [s.normal(shape)],
        build: (x) => x.slice(ranges),
      }),
    ),
    { label: 'flip', inputs: [s.normal([3, 4])], build: (x) => x.flip([0, 1]) },
    { label: 'flip of nothing', inputs: [s.normal([0, 3])], build: (x) => x.flip([0]) },
    { label: 'flip of one', inputs: [s.normal([1])], build: (x) => x.flip(0) },
    ...forOtherTypes(s, [5, 3], (x) => x.slice([[4, -1, -2]])),
  ],
};

export const pad: OpSuite = {
  ...exact,
  cases: (s) => [
    { label: 'a vector', inputs: [s.normal([3])], build: (x) => x.pad([[2, 1]]) },
    { label: 'one end', inputs: [s.normal([3])], build: (x) => x.pad([[0, 4]], 0.5) },
    {
      label: 'several axes',
      inputs: [s.normal([2, 3, 1])],
      build: (x) =>
        x.pad(
          [
            [1, 0],
            [0, 0],
            [2, 3],
          ],
          -1.5,
        ),
    },
    { label: 'nothing', inputs: [s.normal([0])], build: (x) => x.pad([[2, 1]], 7) },
    {
      label: 'rank 5',
      inputs: [s.normal([1, 2, 1, 2, 1])],
      build: (x) =>
        x.pad([
          [1, 0],
          [0, 1],
          [1, 1],
          [0, 0],
          [2, 0],
        ]),
    },
    ...[Infinity, -Infinity, Number.NaN].map(
      (value): OpCase => ({
        label: `with ${value}`,
        inputs: [s.normal([2])],
        build: (x) => x.pad([[1, 1]], value),
        gradient: 'reference',
      }),
    ),
    ...forOtherTypes(s, [2, 3], (x) =>
      x.pad(
        [
          [1, 0],
          [0, 2],
        ],
        1,
      ),
    ),
  ],
};

const JOINS: readonly [readonly Shape[], axis: number][] = [
  [[[2], [3], [1]], 0],
  [
    [
      [2, 3],
      [2, 1],
    ],
    1,
  ],
  [
    [
      [1, 3],
      [4, 3],
    ],
    0,
  ],
  [
    [
      [2, 0],
      [2, 3],
    ],
    1,
  ],
  [[[0], [0]], 0],
  [
    [
      [2, 1, 3, 1, 2],
      [2, 1, 2, 1, 2],
    ],
    2,
  ],
];

export const concat: OpSuite = {
  ...exact,
  cases: (s) => [
    ...JOINS.map(
      ([shapes, axis]): OpCase => ({
        label: `${shapes.map((shape) => `[${shape}]`).join(' and ')} along ${axis}`,
        inputs: shapes.map((shape) => s.normal(shape)),
        build: (...parts) => join(parts, axis),
      }),
    ),
    {
      label: 'one tensor twice',
      inputs: [s.normal([2, 3])],
      build: (x) => join([x, x.neg(), x], 0),
    },
    {
      label: 'NaN and ±∞',
      inputs: [sample([3], [Number.NaN, Infinity, -Infinity])],
      build: (x) => join([x, x]),
      gradient: 'nothing',
    },
    ...forOtherTypes(s, [2, 3], (x) => join([x, x.flip(0)], 0)),
  ],
};
