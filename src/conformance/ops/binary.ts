/** Cases of the elementwise functions of two tensors, broadcast in every position, and of the choice between two. */
import type { DType, Shape, Tensor } from '../../tensor/index.js';
import { type Sample, type Sampler, sample } from '../sampler.js';
import type { OpCase, OpSuite } from './opCase.js';

const PAIRS: readonly [Shape, Shape][] = [
  [[], []],
  [[], [2, 3]],
  [[2, 3], []],
  [[5], [1]],
  [[1], [5]],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [
    [2, 3, 1, 2, 1],
    [3, 2, 1, 3],
  ],
  [
    [0, 3],
    [1, 3],
  ],
  [[1], [0]],
  [
    [2, 0],
    [2, 1],
  ],
  [[67], [67]],
];
const RANDOM_PAIRS = 12;

/** Two shapes that broadcast, either or both of them stretched along random axes, one perhaps cut in front. */
function randomPair(s: Sampler): [Shape, Shape] {
  const full = Array.from({ length: s.pick([1, 2, 3, 4, 5]) }, () => s.pick([1, 2, 3]));
  const stretched = () => full.map((length) => s.pick([length, length, 1]));
  const cut = (shape: Shape) => shape.slice(s.pick(shape.map((_, axis) => axis)));
  const pair: [Shape, Shape] = [stretched(), cut(stretched())];
  return s.pick([pair, [pair[1], pair[0]]]);
}

const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 1e30, -1e30, 3e38, 1e-30];
/** Every special number against every other. */
const specialPair = (numbers: readonly number[]): [Sample, Sample] => [
  sample([numbers.length, 1], numbers),
  sample([numbers.length], numbers),
];

interface Rules extends Omit<OpSuite, 'cases'> {
  /** Draws the two operands. */
  draw?: (s: Sampler, shape: Shape, operand: number) => Sample;
  special?: readonly number[];
  /** Other types that the operation takes. */
  types?: readonly DType[];
  more?: (s: Sampler) => readonly OpCase[];
}

function binary(
  f: (a: Tensor, b: Tensor) => Tensor,
  { draw = (s, shape) => s.normal(shape), special = SPECIAL, types = [], more, ...rules }: Rules,
): OpSuite {
  return {
    ...rules,
    cases: (s) => [
      ...[...PAIRS, ...Array.from({ length: RANDOM_PAIRS }, () => randomPair(s))].map(
        ([a, b], index): OpCase => ({
          label: `${index}. [${a}] and [${b}]`,
          inputs: [draw(s, a, 0), draw(s, b, 1)],
          build: f,
        }),
      ),
      { label: 'special', inputs: specialPair(special), build: f, gradient: 'nothing' },
      ...types.map(
        (dtype): OpCase => ({
          label: dtype,
          inputs: [0, 1].map(() =>
            s.whole([4, 5], dtype === 'int32' ? -3 : 0, dtype === 'bool' ? 1 : 3, dtype),
          ),
          build: f,
        }),
      ),
      ...(more?.(s) ?? []),
    ],
  };
}

const smooth = true;
const distinct: Rules['draw'] = (s, shape, operand) => s.distinct(shape, operand);
const ALL_TYPES: readonly DType[] = ['int32', 'uint8', 'bool'];
const LARGE_WHOLE: Pick<OpCase, 'label' | 'inputs'> = {
  label: 'whole numbers wrap round',
  inputs: [
    sample([3], [2 ** 31 - 1, -(2 ** 31), 123_456_789], 'int32'),
    sample([3], [2, -1, 987_654_321], 'int32'),
  ],
};

export const add = binary((a, b) => a.add(b), {
  roundings: 1,
  smooth,
  types: ['int32'],
  more: () => [{ ...LARGE_WHOLE, build: (a, b) => a.add(b) }],
});
export const sub = binary((a, b) => a.sub(b), { roundings: 1, smooth, types: ['int32'] });
export const mul = binary((a, b) => a.mul(b), {
  roundings: 1,
  smooth,
  types: ['int32'],
  more: () => [{ ...LARGE_WHOLE, build: (a, b) => a.mul(b) }],
});
export const div = binary((a, b) => a.div(b), {
  roundings: 1,
  smooth,
  draw: (s, shape, operand) => (operand === 0 ? s.normal(shape) : s.uniform(shape, 0.5, 3)),
});
export const pow = binary((a, b) => a.pow(b), {
  roundings: 8,
  smooth,
  draw: (s, shape, operand) => (operand === 0 ? s.uniform(shape, 0.3, 3) : s.uniform(shape, -2, 3)),
  // Only positive bases are in the domain.
  special: [0.5, 1, 2, 10, 1e-10, 1e10, 30],
  more: (s) => [
    {
      label: 'a base of 0 and a negative one, to the power of 2',
      inputs: [sample([4], [0, -0, -3, 2])],
      build: (a) => a.pow(2),
    },
    { label: 'square root', inputs: [s.uniform([5], 0.1, 9)], build: (a) => a.pow(0.5) },
  ],
});

const extreme = (f: (a: Tensor, b: Tensor) => Tensor) =>
  binary(f, {
    roundings: 0,
    smooth: false,
    draw: distinct,
    types: ['int32'],
    more: (s) => [
      {
        label: 'ties',
        inputs: [s.whole([40], -1, 1, 'float32'), s.whole([40], -1, 1, 'float32')],
        build: f,
        gradient: 'reference',
      },
      {
        label: 'ties with 0',
        inputs: [s.whole([40], -2, 2, 'float32')],
        build: (x) => f(x, x.mul(0)).add(f(x, x.neg())),
        gradient: 'reference',
      },
    ],
  });
export const max: OpSuite = {
  ...extreme((a, b) => a.max(b)),
  cases: (s) => [
    ...extreme((a, b) => a.max(b)).cases(s),
    { label: 'relu', inputs: [s.distinct([5, 7])], build: (x) => x.relu() },
    {
      label: 'relu of NaN, ±∞ and 0',
      inputs: [sample([6], [Number.NaN, Infinity, -Infinity, 0, -0, 1e-30])],
      build: (x) => x.relu(),
      gradient: 'nothing',
    },
    {
      label: 'relu after a product, with NaN',
      inputs: [sample([2, 2], [1, Number.NaN, 1, 2]), s.normal([2, 3]), s.normal([3])],
      build: (x, w, b) => x.matmul(w).add(b).relu(),
      gradient: 'nothing',
    },
  ],
};
export const min = extreme((a, b) => a.min(b));

const comparison = (f: (a: Tensor, b: Tensor) => Tensor, types: readonly DType[]) =>
  binary(f, {
    roundings: 0,
    smooth: false,
    types,
    more: (s) => [
      { label: 'ties', inputs: [s.whole([40], -1, 1, 'float32'), s.whole([40], -1, 1, 'float32')], build: f },
    ],
  });
export const equal = comparison((a, b) => a.equal(b), ALL_TYPES);
export const less = comparison((a, b) => a.less(b), ['int32', 'uint8']);
export const lessEqual = comparison((a, b) => a.lessEqual(b), ['int32', 'uint8']);

const TRIPLES: readonly [Shape, Shape, Shape][] = [
  [[], [], []],
  [[5], [5], [5]],
  [[], [2, 3], [3]],
  [[2, 3], [], []],
  [
    [2, 1],
    [1, 3],
    [2, 3],
  ],
  [[3], [2, 1], []],
  [
    [4, 1, 1],
    [2, 1],
    [1, 2, 3],
  ],
  [[0, 3], [3], [1, 1]],
];

export const where: OpSuite = {
  roundings: 0,
  smooth: true,
  cases: (s) => [
    ...TRIPLES.map(
      ([condition, a, b]): OpCase => ({
        label: `[${condition}] ? [${a}] : [${b}]`,
        inputs: [s.whole(condition, 0, 1, 'bool'), s.normal(a), s.normal(b)],
        build: (c, x, y) => c.where(x, y),
      }),
    ),
    ...ALL_TYPES.map(
      (dtype): OpCase => ({
        label: dtype,
        inputs: [s.whole([4, 1], 0, 1, 'bool'), s.whole([4, 3], 0, 1, dtype), s.whole([3], 0, 1, dtype)],
        build: (c, x, y) => c.where(x, y),
      }),
    ),
    {
      label: 'NaN and ∞ in the branch that is not taken',
      inputs: [sample([4], [1, 0, 1, 0], 'bool'), sample([4], [1, Number.NaN, 2, Infinity]), s.normal([4])],
      build: (c, x, y) => c.where(x, y),
      gradient: 'reference',
    },
    {
      label: 'logic',
      inputs: [s.whole([9], 0, 1, 'bool'), s.whole([9], 0, 1, 'bool')],
      build: (a, b) => a.and(b).or(a.not().and(b.not())),
    },
  ],
};
