import { expect, test } from 'vitest';
import { indicesAt, sharesOf, WeightedMean } from './codeWeights.js';

test('a mean in parts is the mean of all, however far apart the weights are', () => {
  const [values, logs] = [
    [3, 5, -2, 7],
    [-1e4, 700, 701, 699],
  ];
  const shares = sharesOf(Float64Array.from(logs));
  const expected = values.reduce((sum, value, k) => sum + shares[k] * value, 0);
  for (const cut of [1, 2, 3]) {
    const pool = new WeightedMean(1);
    for (const [from, to] of [
      [0, cut],
      [cut, 4],
    ]) {
      const own = sharesOf(Float64Array.from(logs.slice(from, to)));
      const average = own.reduce((sum, share, k) => sum + share * values[from + k], 0);
      pool.add(Float32Array.from(logs.slice(from, to)), Float32Array.of(average));
    }
    expect(pool.mean[0]).toBeCloseTo(expected, 5);
  }
});

test('parts that weigh nothing change nothing', () => {
  const pool = new WeightedMean(2);
  pool.add(Float32Array.of(-Infinity), Float32Array.of(9, 9));
  pool.add(Float32Array.of(0), Float32Array.of(1, 2));
  pool.add(Float32Array.of(-Infinity), Float32Array.of(9, 9));
  expect([...pool.mean]).toEqual([1, 2]);
});

test('indices come up by their shares', () => {
  const shares = sharesOf(Float64Array.from([1, 2, 5].map(Math.log)));
  shares.forEach((share, k) => {
    expect(share).toBeCloseTo([0.125, 0.25, 0.625][k], 12);
  });
  expect(
    indicesAt(Float64Array.of(0.125, 0.25, 0.625), Float32Array.of(0, 0.12, 0.125, 0.3, 0.375, 0.99)),
  ).toEqual([0, 0, 1, 1, 2, 2]);
  expect(indicesAt(Float64Array.of(0.5, 0.4999), Float32Array.of(0.99999))).toEqual([1]);
});
