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
  expect(collapseWarning(evaluation(0.003, 0), ['free bits of 0.1', 'patience', 'luck'])).toBe(
    'posterior collapse: the KL to the prior is 0.003 nats and 0 of 2 code coordinates are in use; try free bits of 0.1, patience or luck',
  );
});

test('codes that are the same for all samples, and not the prior’s, are no collapse but come of large steps', () => {
  expect(collapseWarning(evaluation(4.2e8, 0), ['free bits of 0.1'])).toBe(
    'codes carry nothing: those of all samples are about the same, 4.20e+8 nats from the prior; try a lower learning rate or a longer run',
  );
});

test('codes that carry something, and systems without a posterior, are not collapsed', () => {
  expect(collapseWarning(evaluation(2, 1), [])).toBeUndefined();
  expect(collapseWarning({ ...evaluation(0, 0), latent: undefined }, [])).toBeUndefined();
});
