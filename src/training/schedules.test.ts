import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { valuesOn } from '../conformance/models.js';
import { evaluate } from '../engine/index.js';
import { step, type Tensor } from '../tensor/index.js';
import { totalSteps } from './options.js';
import { klMultiplierAt, learningRateAt } from './schedules.js';

const now = step().cast('float32');
const at = (schedule: Tensor, steps: number[]) => steps.map((step) => evaluate([schedule], { step })[0][0]);
const base = { learningRate: 2, schedule: 'constant', warmup: 0 } as const;

test('without schedule and warm-up, the learning rate is the same at every step', () => {
  expect(at(learningRateAt(now, base, 100), [0, 50, 99])).toEqual([2, 2, 2]);
});

test('a warm-up rises evenly and is complete at its last step', () => {
  const schedule = learningRateAt(now, { ...base, warmup: 4 }, 100);
  expect(at(schedule, [0, 1, 2, 3, 4, 99])).toEqual([0.5, 1, 1.5, 2, 2, 2]);
});

test('a warm-up below 1 is a fraction of the run, and 1 is one step', () => {
  const fraction = learningRateAt(now, { ...base, warmup: 0.04 }, 100);
  expect(at(fraction, [0, 1, 2, 3, 4])).toEqual([0.5, 1, 1.5, 2, 2]);
  expect(at(learningRateAt(now, { ...base, warmup: 1 }, 100), [0, 1])).toEqual([2, 2]);
});

test('a linear schedule falls from the end of the warm-up to 0 at the end of the run', () => {
  const schedule = learningRateAt(now, { ...base, schedule: 'linear', warmup: 20 }, 100);
  const expected = [0.1, 2, 2, 1, 2 / 80, 0];
  at(schedule, [0, 19, 20, 60, 99, 100]).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12);
  });
});

test('a cosine schedule falls along half a cosine', () => {
  const schedule = learningRateAt(now, { ...base, schedule: 'cosine' }, 100);
  const expected = [2, 1 + Math.SQRT1_2, 1, 1 + Math.cos(0.99 * Math.PI), 0];
  at(schedule, [0, 25, 50, 99, 100]).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12);
  });
});

test('the weight of the KL terms is 0 at step 0, 1 at the end of the warm-up and from there on', () => {
  const schedule = klMultiplierAt(now, { klWarmup: 8, klCycles: 0 }, 100);
  expect(at(schedule, [0, 2, 4, 8, 99])).toEqual([0, 0.25, 0.5, 1, 1]);
  expect(at(klMultiplierAt(now, { klWarmup: 0.08, klCycles: 0 }, 100), [2])).toEqual([0.25]);
  expect(at(klMultiplierAt(now, { klWarmup: 0, klCycles: 0 }, 100), [0])).toEqual([1]);
});

test('in cycles, the weight rises over the first half of each', () => {
  const schedule = klMultiplierAt(now, { klWarmup: 0, klCycles: 4 }, 200);
  const expected = [0, 0.2, 1, 1, 1, 0, 0.2, 0, 0, 1];
  at(schedule, [0, 5, 25, 26, 49, 50, 55, 100, 150, 199]).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12);
  });
});

test('every cycle begins at exactly 0, whatever the length of the run, on every engine', async () => {
  for (const { create } of engines) {
    const engine = create();
    for (const total of [49, 300, 1001, 4963]) {
      const { value } = await valuesOn(
        engine,
        { value: klMultiplierAt(now, { klWarmup: 0, klCycles: 7 }, total) },
        { firstStep: Math.ceil((3 * total) / 7) },
      );
      expect(value[0]).toBeLessThan(0.3);
    }
    const { start } = await valuesOn(
      engine,
      { start: klMultiplierAt(now, { klWarmup: 0, klCycles: 7 }, 49) },
      { firstStep: 7 },
    );
    expect(start[0]).toBe(0);
  }
});

test('a run has the steps it is given, or its epochs’, or enough to see something', () => {
  const options = { epochs: undefined, steps: undefined, batchSize: 128 };
  expect(totalSteps({ ...options, steps: 7 }, 60_000)).toBe(7);
  expect(totalSteps({ ...options, epochs: 10 }, 60_000)).toBe(4688);
  expect(totalSteps({ ...options, epochs: 0.001 }, 1000)).toBe(1);
  expect(totalSteps(options, 100)).toBe(1500);
  expect(totalSteps(options, 12_800)).toBe(2000);
  expect(totalSteps(options, 1e6)).toBe(6000);
});
