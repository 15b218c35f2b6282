/** Cases of the operations that look along axes. */
import type { Shape, Tensor } from '../../tensor/index.js';
import { type Sampler, sample } from '../sampler.js';
import type { OpCase, OpSuite } from './opCase.js';

const REDUCTIONS: readonly [Shape, readonly number[]][] = [
  [[], []],
  [[7], [0]],
  [[1], [0]],
  [[2, 3], [0]],
  [[2, 3], [1]],
  [
    [2, 3],
    [0, 1],
  ],
  [[2, 3, 5], [1]],
  [
    [2, 3, 5],
    [0, 2],
  ],
  [
    [2, 3, 1, 2, 2],
    [1, 3],
  ],
  [
    [2, 3, 1, 2, 2],
    [0, 1, 2, 3, 4],
  ],
  [[0, 3], [1]],
];

const along = (axes: readonly number[]) => `over [${axes}]`;

export const reduceSum: OpSuite = {
  roundings: 4,
  sums: true,
  smooth: true,
  cases: (s) => [
    ...REDUCTIONS.flatMap(([shape, axes]): OpCase[] => [
      { label: `[${shape}] ${along(axes)}`, inputs: [s.normal(shape)], build: (x) => x.sum(axes) },
      // A sum of squares may become one operation.
      {
        label: `squares of [${shape}] ${along(axes)}`,
        inputs: [s.normal(shape)],
        build: (x) => x.square().sum(axes),
      },
    ]),
    { label: 'nothing', inputs: [s.normal([0])], build: (x) => x.sum() },
    { label: 'rows of nothing', inputs: [s.normal([2, 0])], build: (x) => x.sum(1) },
    { label: 'kept axes', inputs: [s.normal([2, 3])], build: (x) => x.sum(1, { keepDims: true }) },
    {
      label: 'many',
      inputs: [s.normal([100, 101])],
      build: (x) => x.sum(),
      gradient: 'reference',
    },
    { label: 'int32', inputs: [s.whole([3, 5], -9, 9)], build: (x) => x.sum(0) },
    { label: 'squares of int32', inputs: [s.whole([3, 5], -9, 9)], build: (x) => x.square().sum(1) },
    {
      label: 'NaN and ±∞',
      inputs: [sample([4, 2], [Number.NaN, 1, Infinity, 1, -Infinity, 1, Infinity, -Infinity])],
      build: (x) => x.sum(1),
      gradient: 'nothing',
    },
  ],
};

export const reduceMax: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: (s) => [
    ...REDUCTIONS.map(
      ([shape, axes]): OpCase => ({
        label: `[${shape}] ${along(axes)}`,
        inputs: [s.distinct(shape)],
        build: (x) => x.amax(axes),
      }),
    ),
    {
      label: 'ties',
      inputs: [s.whole([6, 7], -1, 1, 'float32')],
      build: (x) => x.amax(1),
      gradient: 'reference',
    },
    { label: 'int32', inputs: [s.whole([3, 5], -9, 9)], build: (x) => x.amax(0) },
    { label: 'minimum', inputs: [s.distinct([3, 5])], build: (x) => x.amin(1) },
    {
      label: '±∞',
      inputs: [sample([2, 3], [-Infinity, -Infinity, -Infinity, 1, Infinity, 2])],
      build: (x) => x.amax(1),
      gradient: 'nothing',
    },
    {
      label: 'NaN',
      inputs: [sample([2, 3], [1, Number.NaN, 2, Number.NaN, Infinity, -Infinity])],
      build: (x) => x.amax(1),
      gradient: 'nothing',
    },
  ],
};

export const argMax: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: (s) => [
    ...[0, 1, 2].map(
      (axis): OpCase => ({
        label: `axis ${axis}`,
        inputs: [s.distinct([2, 3, 5])],
        build: (x) => x.argMax(axis),
      }),
    ),
    { label: 'one element', inputs: [s.normal([3, 1])], build: (x) => x.argMax() },
    { label: 'a vector', inputs: [s.distinct([11])], build: (x) => x.argMax() },
    { label: 'no rows', inputs: [s.normal([0, 3])], build: (x) => x.argMax() },
    { label: 'ties go to the first', inputs: [s.whole([20, 7], 0, 2, 'float32')], build: (x) => x.argMax() },
    { label: 'int32', inputs: [s.whole([4, 6], -3, 3)], build: (x) => x.argMax(0) },
    {
      label: '±∞',
      inputs: [sample([2, 3], [-Infinity, -Infinity, -1, 1, Infinity, Infinity])],
      build: (x) => x.argMax(),
    },
  ],
};

export const topK: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: (s) => {
    const both = (label: string, k: number, x: ReturnType<Sampler['normal']>): OpCase[] =>
      [true, false].map((largest) => ({
        label: `${label}, the ${k} ${largest ? 'largest' : 'smallest'}`,
        inputs: [x],
        build: (t) => t.topK(k, { largest }),
      }));
    return [
      ...[1, 2, 7].flatMap((k) => both('distinct', k, s.distinct([3, 7]))),
      ...[1, 4, 9].flatMap((k) => both('ties', k, s.whole([30, 9], 0, 3, 'float32'))),
      ...both(
        'all equal',
        5,
        sample([2, 5], () => 1),
      ),
      ...both('a vector', 3, s.distinct([11])),
      ...both('long rows', 20, s.distinct([2, 1000])),
      ...both('no rows', 2, s.normal([0, 3])),
      ...both('±∞', 4, sample([4], [1, -Infinity, Infinity, Infinity])),
    ];
  },
};

export const cumsum: OpSuite = {
  roundings: 4,
  sums: true,
  smooth: true,
  cases: (s) => {
    const both = (label: string, axis: number, x: ReturnType<Sampler['normal']>): OpCase[] =>
      [false, true].map((reverse) => ({
        label: `${label}${reverse ? ', from the end' : ''}`,
        inputs: [x],
        build: (t: Tensor) => t.cumsum(axis, { reverse }),
      }));
    return [
      ...[0, 1, 2].flatMap((axis) => both(`axis ${axis}`, axis, s.normal([2, 3, 5]))),
      ...both('one element', 0, s.normal([1])),
      ...both('nothing', 0, s.normal([0])),
      ...both('rows of nothing', 1, s.normal([2, 0])),
      ...both('int32', 1, s.whole([3, 7], -9, 9)),
    ];
  },
};
