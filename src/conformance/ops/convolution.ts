/** Cases of the three convolutions: 1 to 3 axes, strides, dilations, groups and uneven padding. */
import type { Shape, Window } from '../../tensor/index.js';
import { type Sampler, sample } from '../sampler.js';
import type { OpCase, OpSuite } from './opCase.js';

interface Geometry {
  readonly label: string;
  /** [batch, ...space, channels] */
  readonly x: Shape;
  /** [...kernel, channels / groups, filters] */
  readonly w: Shape;
  readonly window?: Partial<Window>;
}

const GEOMETRIES: readonly Geometry[] = [
  { label: '1-d', x: [2, 7, 3], w: [3, 3, 2] },
  { label: '1-d, a kernel of 1', x: [2, 5, 3], w: [1, 3, 4] },
  {
    label: '1-d, strided and padded unevenly',
    x: [2, 8, 2],
    w: [3, 2, 3],
    window: { strides: [2], padding: [[0, 1]] },
  },
  { label: '1-d, dilated', x: [1, 11, 2], w: [3, 2, 2], window: { dilations: [3], padding: [[2, 1]] } },
  { label: '1-d, a stride that leaves inputs over', x: [1, 9, 1], w: [2, 1, 1], window: { strides: [4] } },
  { label: '2-d', x: [2, 5, 4, 3], w: [3, 2, 3, 4] },
  { label: '2-d, one position', x: [3, 3, 3, 2], w: [3, 3, 2, 5] },
  { label: '2-d, one channel and one filter', x: [1, 4, 4, 1], w: [2, 2, 1, 1] },
  {
    label: '2-d, as architectures use it',
    x: [2, 8, 6, 3],
    w: [4, 4, 3, 4],
    window: {
      strides: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    label: '2-d, odd lengths',
    x: [2, 7, 5, 3],
    w: [4, 4, 3, 2],
    window: {
      strides: [2, 2],
      padding: [
        [1, 2],
        [1, 2],
      ],
    },
  },
  {
    label: '2-d, everything at once',
    x: [2, 9, 8, 4],
    w: [3, 2, 2, 6],
    window: {
      strides: [2, 3],
      dilations: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
      groups: 2,
    },
  },
  {
    label: '2-d, depthwise',
    x: [2, 5, 5, 3],
    w: [3, 3, 1, 3],
    window: {
      padding: [
        [1, 1],
        [1, 1],
      ],
      groups: 3,
    },
  },
  { label: '2-d, depthwise with two filters each', x: [1, 4, 5, 3], w: [2, 2, 1, 6], window: { groups: 3 } },
  {
    label: '2-d, padding wider than the kernel',
    x: [1, 3, 3, 2],
    w: [2, 2, 2, 2],
    window: {
      strides: [2, 2],
      padding: [
        [3, 0],
        [0, 4],
      ],
    },
  },
  {
    label: '2-d, many positions',
    x: [2, 7, 6, 2],
    w: [3, 3, 2, 3],
    window: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    label: '2-d, many positions, strided and dilated',
    x: [1, 13, 12, 2],
    w: [3, 2, 2, 3],
    window: {
      strides: [2, 1],
      dilations: [1, 3],
      padding: [
        [0, 1],
        [2, 0],
      ],
    },
  },
  {
    label: '2-d, many channels',
    x: [2, 8, 6, 16],
    w: [4, 4, 16, 3],
    window: {
      strides: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    label: '2-d, many channels, a kernel that is no multiple of the stride',
    x: [1, 9, 8, 17],
    w: [3, 2, 17, 2],
    window: {
      strides: [2, 3],
      padding: [
        [1, 2],
        [0, 1],
      ],
    },
  },
  {
    label: '2-d, many channels, a stride longer than the kernel that leaves inputs over',
    x: [2, 11, 7, 16],
    w: [2, 1, 16, 2],
    window: { strides: [3, 3] },
  },
  {
    label: '2-d, many channels, inputs left over behind whole strides',
    x: [1, 5, 7, 16],
    w: [2, 2, 16, 2],
    window: { strides: [2, 2] },
  },
  { label: '1-d, many channels', x: [3, 9, 16], w: [5, 16, 2], window: { strides: [2], padding: [[3, 0]] } },
  {
    label: '3-d, many channels',
    x: [1, 4, 5, 3, 16],
    w: [2, 3, 2, 16, 2],
    window: {
      strides: [2, 1, 2],
      padding: [
        [0, 0],
        [1, 1],
        [1, 0],
      ],
    },
  },
  {
    label: '2-d, padding that a mirrored kernel does not have',
    x: [1, 4, 4, 2],
    w: [2, 2, 2, 3],
    window: {
      padding: [
        [2, 0],
        [0, 3],
      ],
    },
  },
  { label: '3-d', x: [2, 4, 3, 5, 2], w: [2, 2, 3, 2, 3] },
  {
    label: '3-d, everything at once',
    x: [1, 5, 6, 4, 4],
    w: [2, 3, 2, 2, 4],
    window: {
      strides: [2, 1, 2],
      dilations: [1, 2, 1],
      padding: [
        [1, 0],
        [1, 1],
        [0, 1],
      ],
      groups: 2,
    },
  },
  { label: '3-d, depthwise', x: [1, 3, 3, 3, 2], w: [2, 2, 2, 1, 2], window: { groups: 2 } },
];

function windowOf({ w, window }: Geometry): Window {
  const space = w.length - 2;
  return {
    strides: Array<number>(space).fill(1),
    dilations: Array<number>(space).fill(1),
    padding: Array<[number, number]>(space).fill([0, 0]),
    groups: 1,
    ...window,
  };
}

function outputOf(geometry: Geometry): Shape {
  const { x, w } = geometry;
  const { strides, dilations, padding } = windowOf(geometry);
  const out = x.slice(1, -1).map((length, i) => {
    const room = length + padding[i][0] + padding[i][1] - (w[i] - 1) * dilations[i] - 1;
    return Math.floor(room / strides[i]) + 1;
  });
  return [x[0], ...out, w[w.length - 1]];
}

const everywhere = (make: (geometry: Geometry, s: Sampler) => OpCase): OpSuite => ({
  roundings: 8,
  sums: true,
  smooth: true,
  cases: (s) => GEOMETRIES.map((geometry) => make(geometry, s)),
});

const plain = everywhere((geometry, s) => ({
  label: geometry.label,
  inputs: [s.normal(geometry.x), s.normal(geometry.w)],
  build: (x, w) => x.conv(w, windowOf(geometry)),
}));

export const conv: OpSuite = {
  ...plain,
  cases: (s) => [
    ...plain.cases(s),
    ...GEOMETRIES.map(
      (geometry): OpCase => ({
        label: `${geometry.label}, with a bias`,
        inputs: [s.normal(geometry.x), s.normal(geometry.w), s.normal([geometry.w[geometry.w.length - 1]])],
        build: (x, w, b) => x.conv(w, windowOf(geometry)).add(b),
      }),
    ),
    {
      label: 'a batch of nothing',
      inputs: [s.normal([0, 5, 5, 2]), s.normal([3, 3, 2, 2])],
      build: (x, w) => x.conv(w, windowOf({ label: '', x: [], w: [3, 3, 2, 2] })),
    },
    {
      label: 'NaN reaches the positions that see it only, through bias and relu',
      inputs: [sample([1, 5, 1], [1, 2, Number.NaN, 3, 4]), s.normal([2, 1, 3]), s.normal([3])],
      build: (x, w, b) =>
        x
          .conv(w, windowOf({ label: '', x: [], w: [2, 1, 3] }))
          .add(b)
          .relu(),
      gradient: 'nothing',
    },
  ],
};

const transposes = everywhere((geometry, s) => ({
  label: geometry.label,
  inputs: [s.normal(outputOf(geometry)), s.normal(geometry.w)],
  build: (g, w) => g.convInputGrad(w, geometry.x, windowOf(geometry)),
}));

export const convInputGrad: OpSuite = {
  ...transposes,
  cases: (s) => [
    ...transposes.cases(s),
    ...GEOMETRIES.map((geometry): OpCase => {
      const channels = geometry.x[geometry.x.length - 1];
      return {
        label: `${geometry.label}, with a bias`,
        inputs: [s.normal(outputOf(geometry)), s.normal(geometry.w), s.normal([channels])],
        build: (g, w, b) => g.convInputGrad(w, geometry.x, windowOf(geometry)).add(b),
      };
    }),
  ],
};

const filterGrads = everywhere((geometry, s) => ({
  label: geometry.label,
  inputs: [s.normal(geometry.x), s.normal(outputOf(geometry))],
  build: (x, g) => x.convFilterGrad(g, geometry.w, windowOf(geometry)),
}));

/** So large that an engine may work through its samples in parts. */
const LARGE: Geometry = {
  label: 'a large batch',
  x: [8, 64, 64, 32],
  w: [3, 3, 32, 1],
  window: {
    padding: [
      [1, 1],
      [1, 1],
    ],
  },
};

export const convFilterGrad: OpSuite = {
  ...filterGrads,
  cases: (s) => [
    ...filterGrads.cases(s),
    {
      label: LARGE.label,
      inputs: [s.normal(LARGE.x), s.normal(outputOf(LARGE))],
      build: (x, g) => x.convFilterGrad(g, LARGE.w, windowOf(LARGE)),
      gradient: 'nothing',
    },
  ],
};
