import { expect, test } from 'vitest';
import type { Evaluation } from '../evaluation/index.js';
import { collapseWarning, warmupWarnings } from './warnings.js';

test('a run that ends before its warm-up is told so, by name and numbers', () => {
  expect(warmupWarnings({ klWarmup: 500, warmup: 200 }, 200)).toEqual([
    'the run of 200 steps ends before its KL warm-up of 500 steps; train longer or shorten it',
    'the run of 200 steps ends before its learning-rate warm-up of 200 steps; train longer or shorten it',
  ]);
  expect(warmupWarnings({ klWarmup: 0.9, warmup: 0 }, 200)).toEqual([]);
});

const evaluation = (kl: number, activeUnits: number): Evaluation => ({
  count: 10,
  loss: 1,
  objective: 1,
  terms: { reconstruction: 1, kl },
  latent: { klPerDimension: [kl, 0], activeUnits, mutualInformation: 0 },
});

test('codes that carry nothing are a collapsed posterior, with what to try', () => {
  expect(collapseWarning(evaluation(0.003, 0))).toBe(
    'posterior collapse: the KL term is 0.003 nats and 0 of 2 code coordinates are in use; try a KL warm-up over 0.3 of the run, free bits of 0.1, a smaller weight of the KL term or a weaker decoder',
  );
  // Nats that no coordinate varies with the sample for are spent for nothing.
  expect(collapseWarning(evaluation(2, 0))).toMatch(/^posterior collapse/);
});

test('codes that carry something, and systems without a posterior, are not collapsed', () => {
  expect(collapseWarning(evaluation(2, 1))).toBeUndefined();
  expect(collapseWarning({ ...evaluation(0, 0), latent: undefined })).toBeUndefined();
});
