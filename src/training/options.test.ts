import { expect, test } from 'vitest';
import { z } from 'zod';
import { trainingOptions } from './index.js';

test('every option of training says what it is for', () => {
  for (const [name, field] of Object.entries(trainingOptions.shape))
    expect(z.globalRegistry.get(field)?.description ?? '', name).toMatch(/\w{2}/);
});

test('options out of range are refused by name', () => {
  const problem = (given: Record<string, unknown>) => {
    const result = trainingOptions.safeParse(given);
    return result.success ? undefined : result.error.issues[0].path[0];
  };
  for (const [name, value] of Object.entries({
    seed: -1,
    epochs: 0,
    steps: 1.5,
    batchSize: 0,
    learningRate: -1,
    optimizer: 'lion',
    momentum: 1,
    weightDecay: -1,
    schedule: 'step',
    warmup: -1,
    clip: -1,
    klWarmup: -0.1,
    klCycles: 0.5,
    freeBits: -1,
    averageWeights: 1,
    evaluateEvery: 0,
    checkpointEvery: 0,
    patience: -1,
  }))
    expect(problem({ [name]: value })).toBe(name);
});
