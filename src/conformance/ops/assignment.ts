/** Cases of the operation that matches rows and columns. */
import { type Sampler, sample } from '../sampler.js';
import type { OpCase, OpSuite } from './opCase.js';

export const assignment: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: (s) => {
    const of = (label: string, costs: ReturnType<Sampler['normal']>, tolerance = 1e-3): OpCase => ({
      label,
      inputs: [costs],
      build: (x) => x.assignment(tolerance),
    });
    return [
      of('one column', s.normal([2, 1, 1])),
      of('two columns', s.normal([5, 2, 2])),
      of('distinct', s.distinct([4, 7, 7])),
      of('positive', s.uniform([3, 33, 33])),
      of('a fine tolerance', s.uniform([2, 17, 17]), 1e-6),
      of('a coarse tolerance', s.uniform([2, 17, 17]), 1),
      of('ties', s.whole([20, 6, 6], 0, 2, 'float32')),
      of(
        'all equal',
        sample([2, 5, 5], () => -3),
      ),
      of(
        'one far from the others',
        sample([1, 9, 9], (i) => (i === 30 ? 1e30 : i % 5)),
      ),
      of(
        'NaN and ±∞',
        sample([4, 3, 3], (i) =>
          i < 27 ? [Infinity, -Infinity, Number.NaN, 1][(i + (i >> 3)) % 4] : (7 * i) % 9,
        ),
      ),
      of('no batch', s.normal([0, 3, 3])),
      of('no columns', s.normal([2, 0, 0])),
    ];
  },
};
