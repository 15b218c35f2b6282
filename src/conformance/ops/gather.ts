/** Cases of the operations that address rows by index. */
import { constant, type DType, takeAlongLast } from '../../tensor/index.js';
import { sample } from '../sampler.js';
import type { OpCase, OpSuite } from './opCase.js';

const ALL_TYPES: readonly DType[] = ['int32', 'uint8', 'bool'];

export const gather: OpSuite = {
  roundings: 0,
  smooth: true,
  cases: (s) => [
    { label: 'a vector', inputs: [s.normal([7]), s.whole([3], 0, 6)], build: (x, i) => x.gather(i) },
    { label: 'one row', inputs: [s.normal([7, 2]), s.whole([], 0, 6)], build: (x, i) => x.gather(i) },
    {
      label: 'repeated rows',
      inputs: [s.normal([2, 3]), s.whole([11], 0, 1)],
      build: (x, i) => x.gather(i),
    },
    {
      label: 'a table of indices',
      inputs: [s.normal([5, 2, 3]), s.whole([3, 4], 0, 4)],
      build: (x, i) => x.gather(i),
    },
    { label: 'no rows', inputs: [s.normal([5, 2]), s.whole([0], 0, 4)], build: (x, i) => x.gather(i) },
    { label: 'empty rows', inputs: [s.normal([5, 0]), s.whole([3], 0, 4)], build: (x, i) => x.gather(i) },
    {
      label: 'along the last axis',
      inputs: [s.normal([4, 5]), s.whole([4, 2], 0, 4)],
      build: (x, i) => takeAlongLast(x, i),
    },
    ...ALL_TYPES.map(
      (dtype): OpCase => ({
        label: dtype,
        inputs: [s.whole([5, 2], 0, 1, dtype), s.whole([4], 0, 4)],
        build: (x, i) => x.gather(i),
      }),
    ),
  ],
};

const MANY = 20_000;

export const scatterAdd: OpSuite = {
  roundings: 4,
  sums: true,
  smooth: true,
  cases: (s) => [
    { label: 'numbers', inputs: [s.normal([9]), s.whole([9], 0, 3)], build: (x, i) => x.scatterAdd(i, 4) },
    { label: 'rows', inputs: [s.normal([6, 3]), s.whole([6], 0, 1)], build: (x, i) => x.scatterAdd(i, 5) },
    {
      label: 'a table of indices',
      inputs: [s.normal([2, 3, 2, 2]), s.whole([2, 3], 0, 3)],
      build: (x, i) => x.scatterAdd(i, 4),
    },
    { label: 'one row', inputs: [s.normal([3]), s.whole([], 0, 2)], build: (x, i) => x.scatterAdd(i, 3) },
    { label: 'nothing', inputs: [s.normal([0, 3]), s.whole([0], 0, 1)], build: (x, i) => x.scatterAdd(i, 2) },
    {
      label: 'empty rows',
      inputs: [s.normal([3, 0]), s.whole([3], 0, 1)],
      build: (x, i) => x.scatterAdd(i, 2),
    },
    {
      label: 'to no rows',
      inputs: [s.normal([0, 3]), sample([0], [], 'int32')],
      build: (x, i) => x.scatterAdd(i, 0),
    },
    // Threads that added to one row at once would lose some of these.
    {
      label: 'many to three rows',
      inputs: [s.normal([MANY, 4]), s.whole([MANY], 0, 2)],
      build: (x, i) => x.scatterAdd(i, 3),
      gradient: 'reference',
    },
    {
      label: 'a count of each',
      inputs: [s.whole([MANY], 0, 6)],
      build: (i) => constant(1).broadcastTo([MANY]).scatterAdd(i, 7),
    },
  ],
};
