import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input } from '../tensor/index.js';
import { balanceScales, klBalance } from './klBalance.js';

test('a group of a larger map, or with fewer beside it, stands for more', () => {
  // (2^0)²/2, (2^1)²/2, as multiples of the smallest.
  expect(balanceScales([2, 2])).toEqual([1, 1, 4, 4]);
  expect(balanceScales([10, 5])).toEqual([...new Array(10).fill(1), ...new Array(5).fill(8)]);
  expect(balanceScales([3])).toEqual([1, 1, 1]);
});

test('weights are in proportion to mean |KL| + 0.01 over the size, with mean 1', () => {
  const kls = [
    [1, 3, -2],
    [0, 0, 0],
    [40, 2, 0],
  ].map((values) => constant(values));
  const [gamma] = evaluate([klBalance(kls, [1, 1, 4])]);
  const shares = [2.01, 0.01, 14.01 / 4];
  const mean = (shares[0] + shares[1] + shares[2]) / 3;
  shares.forEach((share, group) => {
    expect(gamma[group]).toBeCloseTo(share / mean, 12);
  });
});

test('no gradient flows through the weights', () => {
  const kl = input('kl', [3]);
  const loss = kl.mul(klBalance([kl, kl.mul(2)], [1, 4]).sliceAlong(0, 0, 1)).sum();
  const values = { kl: Float64Array.of(1, 2, 3) };
  const [gamma] = evaluate([klBalance([kl, kl.mul(2)], [1, 4])], { values });
  const [gradient] = evaluate(grad(loss, [kl]), { values });
  for (const g of gradient) expect(g).toBeCloseTo(gamma[0], 12);
});
