import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { input, Program } from '../tensor/index.js';
import { clipping } from './clipping.js';
import type { TrainingOptions } from './options.js';

/** Scales for a sequence of norms, each step seeing what those before have left. */
async function scales(
  limit: TrainingOptions['clip'],
  norms: number[],
  engine = engines[0].create(),
): Promise<number[]> {
  const { scale, updates } = clipping(input('norm', []), limit);
  const program = new Program({ outputs: { scale: scale.mul(1) }, updates });
  await engine.variables.write(
    new Map(Array.from(updates.keys(), ({ name, size }) => [name, new Float32Array(size)])),
  );
  const executable = await engine.compile(program);
  const { scale: values } = await executable.run({ norm: Float32Array.from(norms) }, { steps: norms.length });
  return Array.from(values);
}

test('a limit of 0 leaves gradients as they are', async () => {
  expect(clipping(input('norm', []), 0).updates.size).toBe(0);
  expect(await scales(0, [1, 1e6])).toEqual([1, 1]);
});

test('a number brings larger norms down to it and leaves smaller ones alone', async () => {
  expect(await scales(2, [1, 2, 4, 1e6])).toEqual([1, 1, 0.5, 2e-6].map((v) => expect.closeTo(v, 12)));
});

test('the automatic limit is ten times the average norm, and the first step has none', async () => {
  const [first, ordinary, explosion, after] = await scales('auto', [3, 5, 4000, 4]);
  expect([first, ordinary, after]).toEqual([1, 1, 1]);
  // The average of 3 and 5 is 4.
  expect(explosion).toBeCloseTo(40 / 4000, 6);
});

test('an explosion counts for its limit in the average, not for itself', async () => {
  const values = await scales('auto', [1, 1e9, 1e9]);
  // (1 + 10) / 2 = 5.5 is the average after the second step.
  expect(values[2]).toBeCloseTo(55 / 1e9, 12);
});

test('gradients of zero are no measure: the first others pass as they are', async () => {
  for (const { create } of engines)
    expect((await scales('auto', [0, 0, 7, 7], create())).slice(2)).toEqual([1, 1]);
});

test('every scale is finite and none is above 1', async () => {
  for (const { create } of engines) {
    for (const limit of ['auto', 1e-3, 1e12] as const) {
      for (const scale of await scales(limit, [0, 1e-30, 1e-20, 1, 1e18], create())) {
        expect(scale).toBeGreaterThanOrEqual(0);
        expect(scale).toBeLessThanOrEqual(1);
      }
    }
  }
});
