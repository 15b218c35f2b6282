import { describe, expect, test } from 'vitest';
import { type Engine, type Fetches, initialValues, ReferenceEngine } from '../engine/index.js';
import { sizeOf } from '../tensor/index.js';
import { largest } from './compare.js';
import { engines } from './engines.js';
import { Sampler } from './sampler.js';
import { convolutionalVae, denseVae, type Training } from './trainings.js';

const STEPS = 8;
const SEED = 13;
/**
 * Each step adds roundings (2⁻²³) of sums over thousands of products, and what earlier ones have left grows with the
 * curvature of the loss: 850 of them are the most that was measured here.
 */
const TOLERANCE = 2 ** -23 * 2000;

const trainings: readonly [string, () => Training][] = [
  ['a dense VAE', denseVae],
  ['a convolutional VAE with batchNorm and dropout', convolutionalVae],
];

/** Batches of a few prototypes with noise, on [0, 1]; a step named in `broken` is fed NaN. */
function batches(shape: readonly number[], broken: readonly number[] = []): Float32Array {
  const size = sizeOf(shape);
  const x = new Sampler('training data').uniform([STEPS * size]).data as Float32Array;
  for (const k of broken) x[k * size + 1] = Number.NaN;
  return x;
}

interface Result {
  readonly fetches: Fetches;
  readonly variables: ReadonlyMap<string, Float32Array>;
}

/** Trains from the seed's initial values; `cuts` says how many steps are made by each call. */
async function train(
  engine: Engine,
  { program, shape }: Training,
  { cuts = [STEPS], broken = [] }: { cuts?: readonly number[]; broken?: readonly number[] } = {},
): Promise<Result> {
  await engine.variables.write(initialValues(program.variables.values(), SEED));
  const executable = await engine.compile(program);
  const x = batches(shape, broken);
  const fetched: Fetches[] = [];
  let firstStep = 0;
  for (const steps of cuts) {
    const size = sizeOf(shape);
    const part = x.subarray(firstStep * size, (firstStep + steps) * size);
    fetched.push(await executable.run({ x: part }, { steps, firstStep, seed: SEED }));
    firstStep += steps;
  }
  const variables = await engine.variables.read(program.variables.keys());
  await executable.dispose();
  const fetches = Object.fromEntries(
    [...program.outputs.keys()].map((name) => [
      name,
      Float64Array.from(fetched.flatMap((fetch) => Array.from(fetch[name]))),
    ]),
  );
  return { fetches, variables: variables as Map<string, Float32Array> };
}

function expectClose(actual: ArrayLike<number>, expected: Float32Array | Float64Array, name: string): void {
  const allowed = TOLERANCE * Math.max(1, largest(expected));
  const errors = Float64Array.from(expected, (value, i) => value - actual[i]);
  expect(largest(errors), name).toBeLessThanOrEqual(allowed);
}

describe.each(engines.map((engine) => [engine.name, engine] as const))('%s', (_, { create }) => {
  test.each(trainings)('trains %s as the reference does, step by step', async (__, make) => {
    const engine = create();
    const actual = await train(engine, make());
    const expected = await train(new ReferenceEngine(), make());
    for (const [name, values] of Object.entries(expected.fetches)) {
      expectClose(actual.fetches[name], Float64Array.from(values), name);
    }
    for (const [name, values] of expected.variables) {
      expectClose(actual.variables.get(name) ?? [], values, name);
    }
    await engine.dispose();
  });

  test.each(trainings)(
    'ends with the same bits however the steps of %s are cut into calls',
    async (__, make) => {
      const engine = create();
      const whole = await train(engine, make());
      for (const cuts of [Array<number>(STEPS).fill(1), [3, 4, 1]]) {
        const cut = await train(engine, make(), { cuts });
        expect(cut).toEqual(whole);
      }
      await engine.dispose();
    },
  );

  test.each(trainings)('skips broken batches of %s and goes on from the weights before', async (__, make) => {
    const engine = create();
    const broken = [0, 3, 4, 7];
    const together = await train(engine, make(), { broken });
    const single = await train(engine, make(), { broken, cuts: Array<number>(STEPS).fill(1) });
    expect(single).toEqual(together);
    const { loss } = together.fetches;
    expect(Array.from(loss, (value, k) => Number.isNaN(value) === broken.includes(k))).not.toContain(false);
    const expected = await train(new ReferenceEngine(), make(), { broken });
    for (const [name, values] of expected.variables) {
      expectClose(together.variables.get(name) ?? [], values, name);
    }
    await engine.dispose();
  });

  test('a run of broken batches only leaves the initial values to the bit', async () => {
    const engine = create();
    const make = denseVae();
    const broken = Array.from({ length: STEPS }, (__, k) => k);
    const { variables } = await train(engine, make, { broken });
    expect(variables).toEqual(initialValues(make.program.variables.values(), SEED));
    await engine.dispose();
  });
});

test('the trainings learn: the loss falls', async () => {
  for (const [, make] of trainings) {
    const { fetches } = await train(new ReferenceEngine(), make());
    expect(fetches.loss[STEPS - 1]).toBeLessThan(fetches.loss[0]);
  }
});
