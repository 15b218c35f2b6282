import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, input, type Tensor } from '../tensor/index.js';
import { Categorical } from './index.js';

const valuesOf = (y: Tensor) => Array.from(evaluate([y])[0]);
const LOGITS = [0, 1, -2, 0.5];
const q = new Categorical(constant(LOGITS, 'float32', [1, 4]));
const total = LOGITS.reduce((sum, logit) => sum + Math.exp(logit), 0);
const probs = LOGITS.map((logit) => Math.exp(logit) / total);

test('probabilities are the softmax of the logits, whatever constant is added to these', () => {
  const shifted = new Categorical(constant(LOGITS, 'float32', [1, 4]).add(1000));
  for (const distribution of [q, shifted]) {
    valuesOf(distribution.probs).forEach((value, k) => {
      expect(value).toBeCloseTo(probs[k], 12);
    });
    for (let k = 0; k < 4; k++) {
      const [logProb] = valuesOf(distribution.logProb(constant([k], 'int32')));
      expect(logProb).toBeCloseTo(Math.log(probs[k]), 12);
    }
  }
});

test('the entropy is −Σ p log p, log K where all classes are equal and 0 where one is certain', () => {
  const expected = probs.reduce((sum, p) => sum - p * Math.log(p), 0);
  expect(valuesOf(q.entropy())[0]).toBeCloseTo(expected, 14);
  expect(valuesOf(new Categorical(constant([5, 5, 5], 'float32', [1, 3])).entropy())[0]).toBeCloseTo(
    Math.log(3),
    14,
  );
  expect(valuesOf(new Categorical(constant([1e4, 0, 0], 'float32', [1, 3])).entropy())[0]).toBeCloseTo(0, 14);
});

test('several variables of one event are summed', () => {
  const two = new Categorical(constant([0, 1, 2, 0, 3, 0], 'float32', [1, 2, 3]));
  expect(two.classes).toBe(3);
  const labels = constant([2, 1], 'int32', [1, 2]);
  const each = [
    [0, 1, 2],
    [0, 3, 0],
  ].map((logits) => new Categorical(constant(logits, 'float32', [1, 3])));
  const logProb = (distribution: Categorical, label: number) =>
    valuesOf(distribution.logProb(constant([label], 'int32')))[0];
  expect(valuesOf(two.logProb(labels))[0]).toBeCloseTo(logProb(each[0], 2) + logProb(each[1], 1), 14);
  expect(valuesOf(two.nll(labels))[0]).toBeCloseTo(-valuesOf(two.logProb(labels))[0], 14);
});

test('labels are drawn as often as the probabilities say', () => {
  const draws = 40_000;
  const labels = q.sample({ draws });
  expect([labels.dtype, labels.shape]).toEqual(['int32', [draws, 1]]);
  const drawn = valuesOf(labels);
  for (const [k, p] of probs.entries()) {
    const share = drawn.filter((label) => label === k).length / draws;
    expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws));
  }
});

test('labels for other variables are refused', () => {
  const two = new Categorical(input('logits', [5, 2, 3]));
  expect(() => two.logProb(input('labels', [5, 1], 'int32'))).toThrow(
    "Categorical: shape [5, 1] does not end in the event's shape [2]",
  );
});
