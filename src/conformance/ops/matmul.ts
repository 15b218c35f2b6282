/** Cases of the matrix product. */
import type { Shape } from '../../tensor/index.js';
import { sample } from '../sampler.js';
import type { OpCase, OpSuite } from './opCase.js';

const PAIRS: readonly [Shape, Shape][] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [2, 3],
    [3, 5],
  ],
  [
    [1, 7],
    [7, 1],
  ],
  [
    [7, 1],
    [1, 7],
  ],
  [
    [2, 0],
    [0, 3],
  ],
  [
    [0, 2],
    [2, 3],
  ],
  [
    [2, 3],
    [3, 0],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 1, 3, 4],
    [2, 1, 4, 2],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [0, 3, 4],
    [4, 5],
  ],
  [
    [2, 3, 0],
    [2, 0, 2],
  ],
];

export const matmul: OpSuite = {
  roundings: 8,
  sums: true,
  smooth: true,
  cases: (s) => [
    ...PAIRS.map(
      ([a, b]): OpCase => ({
        label: `[${a}] · [${b}]`,
        inputs: [s.normal(a), s.normal(b)],
        build: (x, y) => x.matmul(y),
      }),
    ),
    // A transposed operand may be read in place.
    {
      label: 'aᵀb',
      inputs: [s.normal([3, 2]), s.normal([3, 5])],
      build: (a, b) => a.swapLastAxes().matmul(b),
    },
    {
      label: 'abᵀ',
      inputs: [s.normal([2, 3]), s.normal([5, 3])],
      build: (a, b) => a.matmul(b.swapLastAxes()),
    },
    {
      label: 'aᵀbᵀ, and aᵀ by itself',
      inputs: [s.normal([3, 2]), s.normal([2, 3])],
      build: (a, b) => a.swapLastAxes().matmul(b.swapLastAxes()).add(a.swapLastAxes().sum()),
    },
    { label: 'aaᵀ', inputs: [s.normal([3, 4])], build: (a) => a.matmul(a.swapLastAxes()) },
    {
      label: 'batches with a transposed side',
      inputs: [s.normal([2, 4, 3]), s.normal([2, 4, 5])],
      build: (a, b) => a.swapLastAxes().matmul(b),
    },
    // A product and a bias may become one operation.
    ...(['product first', 'bias first'] as const).map(
      (label): OpCase => ({
        label,
        inputs: [s.normal([3, 4]), s.normal([4, 5]), s.normal([5])],
        build: (x, w, b) => (label === 'product first' ? x.matmul(w).add(b) : b.add(x.matmul(w))),
      }),
    ),
    {
      label: 'a bias for each row',
      inputs: [s.normal([3, 4]), s.normal([4, 3]), s.normal([3, 1])],
      build: (x, w, b) => x.matmul(w).add(b),
    },
    {
      label: 'a product with a bias, and without it',
      inputs: [s.normal([3, 4]), s.normal([4, 5]), s.normal([5])],
      build: (x, w, b) => x.matmul(w).add(b).add(x.matmul(w).amax(0).abs()),
    },
    {
      label: 'long',
      inputs: [s.normal([17, 301]), s.normal([301, 13])],
      build: (a, b) => a.matmul(b),
      gradient: 'reference',
    },
    {
      label: 'NaN and ∞ reach their rows and columns only',
      inputs: [
        sample([3, 2], [1, 2, Number.NaN, 1, Infinity, 1]),
        sample([2, 3], [1, 2, Number.NaN, 3, -Infinity, 1]),
      ],
      build: (a, b) => a.matmul(b),
      gradient: 'nothing',
    },
  ],
};
