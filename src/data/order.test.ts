import { expect, test } from 'vitest';
import { TrainingOrder } from './order.js';
import { splitDataset } from './split.js';

const { train } = splitDataset({ name: 'x', size: 103 });
const members = Array.from({ length: train.size }, (_, i) => train.at(i)).sort((a, b) => a - b);
const sorted = (indices: Iterable<number>) => [...indices].sort((a, b) => a - b);

test('every epoch goes through the training part once', () => {
  const order = new TrainingOrder(train, 5);
  for (const epoch of [0, 1, 2, 1000]) {
    expect(sorted(order.indices(epoch * train.size, train.size))).toEqual(members);
  }
});

test('epochs, and seeds, have orders of their own', () => {
  const order = new TrainingOrder(train, 5);
  const first = order.indices(0, train.size);
  expect(order.indices(train.size, train.size)).not.toEqual(first);
  expect(new TrainingOrder(train, 6).indices(0, train.size)).not.toEqual(first);
});

test('batches reach over the end of an epoch, and any of them can be had without those before', () => {
  const whole = new TrainingOrder(train, 5).indices(0, 5 * train.size);
  const batch = 32;
  for (let step = Math.floor((5 * train.size) / batch) - 1; step >= 0; step--) {
    const resumed = new TrainingOrder(train, 5).indices(step * batch, batch);
    expect(resumed).toEqual(whole.subarray(step * batch, (step + 1) * batch));
  }
});

test('a batch may be larger than the data', () => {
  const part = { size: 3, at: (position: number) => 10 * position };
  const batch = new TrainingOrder(part, 0).indices(0, 9);
  expect(sorted(batch)).toEqual([0, 0, 0, 10, 10, 10, 20, 20, 20]);
});
