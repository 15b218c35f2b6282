import { expect, test } from 'vitest';
import { erf, lgamma, polygamma } from './special.js';

type Pairs = readonly (readonly [x: number, value: number])[];

/** Values computed with 40-digit arithmetic (mpmath), rounded to double. */
const ERF: Pairs = [
  [1e-8, 1.1283791670955126e-8],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.9, 0.9927904292352575],
  [2.4, 0.999311486103355],
  [2.5, 0.999593047982555],
  [2.6, 0.9997639655834707],
  [4, 0.9999999845827421],
  [5.5, 0.9999999999999927],
];
const LGAMMA: Pairs = [
  [1e-10, 23.025850929882736],
  [0.1, 2.252712651734206],
  [0.5, 0.5723649429247001],
  [1, 0],
  [1.46, -0.12148500100400743],
  [2, 0],
  [2.5, 0.2846828704729192],
  [10, 12.801827480081469],
  [15.5, 26.536914491115613],
  [16, 27.89927138384089],
  [100, 359.1342053695754],
  [1e10, 220258509288.81058],
];
const POLYGAMMA: readonly Pairs[] = [
  [
    [1e-3, -1000.5755719318103],
    [0.5, -1.9635100260214235],
    [1, -0.5772156649015329],
    [1.5, 0.03648997397857652],
    [10, 2.251752589066721],
    [1e6, 13.815510057964191],
  ],
  [
    [1e-3, 1000001.6425331958],
    [0.5, 4.934802200544679],
    [1, 1.6449340668482264],
    [10, 0.10516633568168575],
    [1e6, 1.0000005000001667e-6],
  ],
  [
    [1e-3, -2000000002.3976321],
    [0.5, -16.82879664423432],
    [1, -2.4041138063191885],
    [10, -0.011049834970802067],
    [1e6, -1.0000010000005e-12],
  ],
  [
    [1e-3, 6000000000006.469],
    [1, 6.493939402266829],
    [10, 0.0023199013042898686],
    [1e6, 2.000003000002e-18],
  ],
];

function expectValues(f: (x: number) => number, pairs: Pairs, absolute = 0): void {
  for (const [x, value] of pairs) {
    expect(Math.abs(f(x) - value), `at ${x}`).toBeLessThanOrEqual(
      Math.max(4e-15 * Math.abs(value), absolute),
    );
  }
}

test('erf has its known values and is odd', () => {
  expectValues(erf, ERF);
  for (const [x, value] of ERF) expect(erf(-x)).toBe(-erf(x) || -value);
  expect([erf(0), erf(Infinity), erf(-Infinity), erf(7), erf(Number.NaN)]).toEqual([0, 1, -1, 1, Number.NaN]);
});

test('lgamma has its known values, and log Γ(x + 1) = log Γ(x) + log x', () => {
  // What is taken off Stirling's series is about 40, so that its roundings are left near the zeros.
  expectValues(lgamma, LGAMMA, 2e-14);
  for (const x of [0.01, 0.3, 1.7, 4.4, 15.2, 15.9, 30]) {
    expect(lgamma(x + 1)).toBeCloseTo(lgamma(x) + Math.log(x), 12);
  }
  expect([lgamma(0), lgamma(Infinity), lgamma(-1), lgamma(Number.NaN)]).toEqual([
    Infinity,
    Infinity,
    Number.NaN,
    Number.NaN,
  ]);
});

test('polygamma has its known values, and is the derivative of the order before', () => {
  for (const [order, pairs] of POLYGAMMA.entries()) {
    expectValues((x) => polygamma(order, x), pairs, order === 0 ? 4e-15 : 0);
  }
  const [x, h] = [2.3, 1e-5];
  expect((lgamma(x + h) - lgamma(x - h)) / (2 * h)).toBeCloseTo(polygamma(0, x), 8);
  for (let order = 0; order < 4; order++) {
    const slope = (polygamma(order, x + h) - polygamma(order, x - h)) / (2 * h);
    expect(slope).toBeCloseTo(polygamma(order + 1, x), 8);
  }
  expect([polygamma(0, 0), polygamma(1, -1), polygamma(0, Infinity)]).toEqual([
    Number.NaN,
    Number.NaN,
    Infinity,
  ]);
});
