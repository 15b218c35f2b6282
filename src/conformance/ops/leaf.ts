/** Cases of the operations without inputs. */
import * as tensor from '../../tensor/index.js';
import { sample } from '../sampler.js';
import { type OpSuite, SHAPES } from './opCase.js';

const DTYPES: readonly tensor.DType[] = ['float32', 'int32', 'uint8', 'bool'];
const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-30, -3e38];

export const input: OpSuite = {
  roundings: 0,
  smooth: true,
  cases: (s) => [
    ...SHAPES.map((shape) => ({ label: `[${shape}]`, inputs: [s.normal(shape)], build: id })),
    ...DTYPES.slice(1).map((dtype) => ({
      label: dtype,
      inputs: [s.whole([2, 3], 0, 1, dtype)],
      build: id,
    })),
    { label: 'NaN, ±∞ and −0', inputs: [sample([7], SPECIAL)], build: id, gradient: 'nothing' },
  ],
};

export const variable: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: () =>
    SHAPES.map((shape, i) => ({
      label: `[${shape}]`,
      inputs: [],
      build: () =>
        new tensor.Variable(`w${i}`, shape, (_, draws) => draws.normal(shape.reduce((a, b) => a * b, 1))),
    })),
};

export const constant: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: (s) => [
    ...DTYPES.map((dtype) => ({
      label: dtype,
      inputs: [],
      build: () => tensor.constant(s.whole([2, 3], 0, 1).data, dtype, [2, 3]),
    })),
    { label: 'NaN, ±∞ and −0', inputs: [], build: () => tensor.constant(SPECIAL) },
    { label: 'nothing', inputs: [], build: () => tensor.constant([], 'float32', [0, 3]) },
    { label: 'large', inputs: [], build: () => tensor.constant(s.normal([5000]).data) },
    { label: 'sign of zero', inputs: [], build: () => tensor.constant([1, 1]).div(tensor.constant([0, -0])) },
  ],
};

export const step: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: () => [
    { label: 'number', inputs: [], build: () => tensor.step() },
    { label: 'as a float', inputs: [], build: () => tensor.step().cast('float32').mul(0.5) },
  ],
};

export const random: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: () => [
    ...SHAPES.map((shape) => ({
      label: `normal [${shape}]`,
      inputs: [],
      build: () => tensor.randomNormal(`normal ${shape}`, shape),
    })),
    { label: 'uniform', inputs: [], build: () => tensor.randomUniform('uniform', [3, 5]) },
  ],
};

export const iota: OpSuite = {
  roundings: 0,
  smooth: false,
  cases: () => [
    { label: 'last axis', inputs: [], build: () => tensor.iota([2, 3, 5]) },
    { label: 'first axis', inputs: [], build: () => tensor.iota([5, 3], 0) },
    { label: 'middle axis', inputs: [], build: () => tensor.iota([2, 3, 2], 1) },
    { label: 'nothing', inputs: [], build: () => tensor.iota([3, 0]) },
    { label: 'long', inputs: [], build: () => tensor.iota([1000]) },
  ],
};

function id<T>(x: T): T {
  return x;
}
