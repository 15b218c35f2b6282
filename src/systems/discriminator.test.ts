import { expect, test } from 'vitest';
import { compute } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { constant, input } from '../tensor/index.js';
import { crossEntropy, discriminator, fake, real } from './index.js';

test('a discriminator that knows nothing pays log 2 for either kind', () => {
  const logits = constant([0, 0]);
  for (const paid of compute([
    real(logits),
    fake(logits),
    crossEntropy(constant([0, 0]).reshape([1, 2]), 1),
  ]).flat())
    expect(paid).toBeCloseTo(Math.log(2), 12);
});

test('being sure and wrong costs as much as the logit, with a gradient that does not vanish', () => {
  expect(compute([real(constant([-800])), fake(constant([800]))]).flat()).toEqual([800, 800]);
});

test('cross-entropy is −log softmax of the class, one for all samples or one each', () => {
  const logits = constant([1, 2, 3, 0, -1, 4]).reshape([2, 3]);
  const expected = (row: number[], y: number) =>
    Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[y];
  const [first, each] = compute([crossEntropy(logits, 0), crossEntropy(logits, constant([2, 1], 'int32'))]);
  expect(first[0]).toBeCloseTo(expected([1, 2, 3], 0), 12);
  expect(first[1]).toBeCloseTo(expected([0, -1, 4], 0), 12);
  expect(each[0]).toBeCloseTo(expected([1, 2, 3], 2), 12);
  expect(each[1]).toBeCloseTo(expected([0, -1, 4], 1), 12);
});

test('logits are one number per code, or several', () => {
  const scope = new VariableTable().scope({ training: true });
  const z = input('z', [5, 3]);
  expect(discriminator({ hidden: [4] })(scope.child('a'))(z).shape).toEqual([5]);
  expect(discriminator({ hidden: [], outputs: 2 })(scope.child('b'))(z).shape).toEqual([5, 2]);
});
