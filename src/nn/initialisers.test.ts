import { expect, test } from 'vitest';
import { initialValues } from '../engine/index.js';
import { type Initialiser, type Shape, Variable } from '../tensor/index.js';
import {
  filled,
  gaussian,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  orthogonal,
} from './initialisers.js';

function draw(initialiser: Initialiser, shape: Shape): ArrayLike<number> {
  return initialValues([new Variable('w', shape, initialiser)], 3).get('w') ?? [];
}

/** Kurtosis E x⁴ / (E x²)², which says how exactly a variance is known from n draws. */
const UNIFORM = 1.8;
const NORMAL = 3;

const cases: [
  name: string,
  Initialiser,
  kurtosis: number,
  variance: (fanIn: number, fanOut: number) => number,
][] = [
  ['glorotUniform', glorotUniform, UNIFORM, (fanIn, fanOut) => 2 / (fanIn + fanOut)],
  ['glorotNormal', glorotNormal, NORMAL, (fanIn, fanOut) => 2 / (fanIn + fanOut)],
  ['heUniform', heUniform, UNIFORM, (fanIn) => 2 / fanIn],
  ['heNormal', heNormal, NORMAL, (fanIn) => 2 / fanIn],
  ['gaussian', gaussian(0.3), NORMAL, () => 0.09],
];

test.each(cases)('%s has mean 0 and its published variance', (_, initialiser, kurtosis, variance) => {
  const shapes: [Shape, fanIn: number, fanOut: number][] = [
    [[300, 200], 300, 200],
    [[5, 3, 64, 100], 15 * 64, 15 * 100],
  ];
  for (const [shape, fanIn, fanOut] of shapes) {
    const values = Array.from(draw(initialiser, shape));
    const expected = variance(fanIn, fanOut);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(expected / values.length));
    expect(Math.abs(square / expected - 1)).toBeLessThan(4 * Math.sqrt((kurtosis - 1) / values.length));
    // Of a uniform distribution, the bound is √3 deviations, and many draws come near it.
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const bound = Math.sqrt(3 * expected);
    if (kurtosis === UNIFORM) expect(Math.abs(largest / bound - 1)).toBeLessThan(1e-3);
    else expect(largest).toBeGreaterThan(bound);
  }
});

test('a vector is taken for one input with that many outputs', () => {
  const values = Array.from(draw(heUniform, [10_000]));
  const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
  expect(Math.abs(square / 2 - 1)).toBeLessThan(4 * Math.sqrt((UNIFORM - 1) / values.length));
});

test('orthogonal weights have orthonormal columns, or rows where these are fewer, times the gain', () => {
  const shapes: Shape[] = [
    [6, 6],
    [9, 4],
    [4, 9],
    [3, 3, 2, 5],
    [1, 1],
    [7, 1],
    [1, 7],
  ];
  for (const shape of shapes) {
    const values = draw(orthogonal(2), shape);
    const columns = shape[shape.length - 1];
    const rows = values.length / columns;
    const [count, length] = rows >= columns ? [columns, rows] : [rows, columns];
    const at = (vector: number, i: number) =>
      rows >= columns ? values[i * columns + vector] : values[vector * columns + i];
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        let product = 0;
        for (let i = 0; i < length; i++) product += at(a, i) * at(b, i);
        expect(Math.abs(product - (a === b ? 4 : 0))).toBeLessThan(1e-6);
      }
    }
  }
});

test('filled is the same number everywhere', () => {
  expect(draw(filled(0.5), [2, 2])).toEqual(Float32Array.of(0.5, 0.5, 0.5, 0.5));
});
