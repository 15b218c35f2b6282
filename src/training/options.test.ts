import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { numericTable } from '../conformance/models.js';
import { describeData, type System, vae } from '../systems/index.js';
import { type TrainingOptions, trainingOptions, trainingOptionsFor } from './index.js';

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

describe('what is not given is as the system prefers it, and else as usual', () => {
  const eager: System = {
    ...vae,
    training: () => ({ optimizer: 'adamax', learningRate: 0.01, epsilon: 1e-3, epochs: 7, batchSize: 20 }),
  };
  const data = describeData(numericTable(2), { size: 100 });
  const optionsFor = (given: Partial<TrainingOptions>, system = eager) =>
    trainingOptionsFor({ system, options: {}, data }, given);

  test('nothing given', () => {
    expect(optionsFor({})).toEqual({
      ...trainingOptions.parse({}),
      optimizer: 'adamax',
      learningRate: 0.01,
      epsilon: 1e-3,
      epochs: 7,
      batchSize: 20,
    });
    expect(optionsFor({}, vae)).toEqual({ ...trainingOptions.parse({}), batchSize: 100 });
  });

  test('an option that is given counts', () => {
    expect(optionsFor({ learningRate: 1, batchSize: 200 })).toMatchObject({
      optimizer: 'adamax',
      learningRate: 1,
      batchSize: 200,
    });
  });

  test('steps stand in the place of the system’s epochs, and another optimiser in that of all that goes with its own', () => {
    expect(optionsFor({ steps: 5 }).epochs).toBeUndefined();
    expect(optionsFor({ optimizer: 'sgd' })).toMatchObject({ learningRate: 1e-3, epsilon: 1e-8, epochs: 7 });
  });
});
