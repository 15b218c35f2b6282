/** Cases of the operations that change how a value is held or differentiated. */
import type { DType } from '../../tensor/index.js';
import { sample } from '../sampler.js';
import { type OpCase, type OpSuite, SHAPES } from './opCase.js';

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint8', 'bool'];

export const cast: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: (s) => [
    ...DTYPES.flatMap((from) =>
      DTYPES.map(
        (to): OpCase => ({
          label: `${from} to ${to}`,
          inputs: [s.whole([3, 4], 0, from === 'bool' ? 1 : 200, from)],
          build: (x) => x.cast(to),
          gradient: 'reference',
        }),
      ),
    ),
    {
      label: 'floats are cut towards zero',
      inputs: [sample([8], [-2.9, -1.5, -0.5, 0, 0.5, 1.5, 2.9, 16_777_217])],
      build: (x) => x.cast('int32'),
      gradient: 'reference',
    },
    {
      label: 'anything but 0 is true',
      inputs: [sample([6], [0, -0, 0.1, -3, Infinity, Number.NaN])],
      build: (x) => x.cast('bool'),
      gradient: 'nothing',
    },
    {
      label: 'large whole numbers round',
      inputs: [s.whole([9], 2 ** 30, 2 ** 31 - 1)],
      build: (x) => x.cast('float32'),
    },
  ],
};

export const stopGradient: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: (s) =>
    SHAPES.map(
      (shape): OpCase => ({
        label: `[${shape}]`,
        inputs: [s.normal(shape)],
        build: (x) => x.stopGradient(),
        // Its derivative is declared to be zero, which differences do not know.
        gradient: 'reference',
      }),
    ),
};
