/** Cases of the elementwise functions of one tensor. */
import type { Tensor } from '../../tensor/index.js';
import { sample } from '../sampler.js';
import { type OpCase, type OpSuite, SHAPES } from './opCase.js';

const SPECIAL = [
  ...[Number.NaN, Infinity, -Infinity, 0, -0, 1e-30, -1e-30, 1e-6, -1e-6, 0.5, -0.5],
  ...[1, -1, 9, -9, 17, -17, 88, -88, 104, -104, 1e4, -1e4, 1e30, -1e30, 3e38, -3e38],
];
/** Where only positive numbers are in the domain. */
const POSITIVE_SPECIAL = [Infinity, 1e-30, 1e-6, 0.5, 1, 1.5, 2, 9, 88, 1e4, 1e30];

interface Domain {
  readonly low: number;
  readonly high: number;
  readonly special: readonly number[];
}
const EVERYWHERE: Domain = { low: -3, high: 3, special: SPECIAL };
const POSITIVE: Domain = { low: 0.1, high: 12, special: POSITIVE_SPECIAL };

function unary(
  f: (x: Tensor) => Tensor,
  rules: Omit<OpSuite, 'cases'>,
  { low, high, special }: Domain = EVERYWHERE,
): OpSuite {
  return {
    ...rules,
    cases: (s) => [
      ...SHAPES.map((shape): OpCase => {
        const x = rules.smooth ? s.uniform(shape, low, high) : s.distinct(shape);
        return { label: `[${shape}]`, inputs: [x], build: f };
      }),
      { label: 'special', inputs: [sample([special.length], special)], build: f, gradient: 'nothing' },
      { label: 'large', inputs: [s.uniform([20, 101], low, high)], build: f, gradient: 'reference' },
    ],
  };
}

const smooth = true;

export const neg: OpSuite = {
  ...unary((x) => x.neg(), { roundings: 0, smooth }),
  cases: (s) => [
    ...unary((x) => x.neg(), { roundings: 0, smooth }).cases(s),
    { label: 'int32', inputs: [s.whole([2, 3], -9, 9)], build: (x) => x.neg() },
  ],
};
export const exp = unary((x) => x.exp(), { roundings: 8, smooth });
export const log = unary((x) => x.log(), { roundings: 8, smooth }, { ...POSITIVE, special: SPECIAL });
export const log1p = unary(
  (x) => x.log1p(),
  { roundings: 8, smooth },
  { low: -0.9, high: 3, special: SPECIAL },
);
export const expm1 = unary((x) => x.expm1(), { roundings: 8, smooth });
export const sqrt = unary((x) => x.sqrt(), { roundings: 1, smooth }, { ...POSITIVE, special: SPECIAL });
export const abs = unary((x) => x.abs(), { roundings: 0, smooth: false });
export const sign = unary((x) => x.sign(), { roundings: 0, smooth: false });
export const floor = unary((x) => x.floor(), { roundings: 0, smooth: false });
export const sin = unary((x) => x.sin(), { roundings: 8, smooth });
export const cos = unary((x) => x.cos(), { roundings: 8, smooth });
export const tanh = unary((x) => x.tanh(), { roundings: 8, smooth });
/** Rounded like a number near ½, so that what is nearly 0 is known to that only. */
export const sigmoid = unary((x) => x.sigmoid(), { roundings: 8, absolute: 2 ** -23, smooth });
export const softplus = unary((x) => x.softplus(), { roundings: 8, smooth });
export const erf = unary((x) => x.erf(), { roundings: 8, smooth });
/** What is taken off Stirling's series cancels near the zeros at 1 and 2. */
export const lgamma = unary((x) => x.lgamma(), { roundings: 8, absolute: 2 ** -19, smooth }, POSITIVE);
/** As for `lgamma`, near the digamma function's zero at 1.46. */
export const polygamma: OpSuite = {
  roundings: 8,
  absolute: 2 ** -20,
  smooth,
  cases: (s) =>
    [0, 1, 2, 3].flatMap((order) =>
      unary((x) => x.polygamma(order), { roundings: 8, smooth }, POSITIVE)
        .cases(s)
        .map((each) => ({ ...each, label: `order ${order}, ${each.label}` })),
    ),
};
