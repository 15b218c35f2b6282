import { expect, test } from 'vitest';
import { numericTable } from '../conformance/models.js';
import { describeData, requireBatch } from './index.js';

const check = (batchSize: number, size: number) => () =>
  requireBatch(
    { data: describeData(numericTable(2), { size }), run: { batchSize, isLengthGiven: false } },
    40,
    'dip-vae estimates a 10 × 10 covariance from the batch',
  );

test('a batch from which nothing can be estimated is refused, and the data where they are too few', () => {
  expect(check(40, 100)).not.toThrow();
  expect(check(32, 100)).toThrow(
    'batchSize: dip-vae estimates a 10 × 10 covariance from the batch and needs 40 samples or more; 32 were asked for',
  );
  expect(check(39, 39)).toThrow(
    'data: dip-vae estimates a 10 × 10 covariance from the batch and needs 40 samples or more; there are 39 to train on',
  );
});
