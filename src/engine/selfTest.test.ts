import { expect, test } from 'vitest';
import type { Engine, Fetches } from './engine.js';
import { ReferenceEngine } from './reference/engine.js';
import { selfTest } from './selfTest.js';

/** The reference engine with one of its results changed. */
function spoiled(change: (results: Record<string, Float64Array>) => void): Engine {
  const engine = new ReferenceEngine();
  return {
    name: 'spoiled',
    variables: engine.variables,
    dispose: () => engine.dispose(),
    compile: async (program) => {
      const executable = await engine.compile(program);
      const run = async (...args: Parameters<typeof executable.run>): Promise<Fetches> => {
        const fetches = await executable.run(...args);
        const copies = Object.fromEntries(
          Object.entries(fetches).map(([name, values]) => [name, Float64Array.from(values)]),
        );
        change(copies);
        return copies;
      };
      return { run, dispose: () => executable.dispose() };
    },
  };
}

test('the reference engine passes its own test, off by nothing', async () => {
  const { passed, errors } = await selfTest(new ReferenceEngine());
  expect(passed).toBe(true);
  expect(errors).toEqual({ convolution: 0, product: 0, reduction: 0, gradient: 0 });
});

test.each(['convolution', 'product', 'reduction', 'gradient'])(
  'an engine whose %s is wrong fails',
  async (name) => {
    const { passed, errors } = await selfTest(
      spoiled((results) => {
        results[name][1] += 0.5;
      }),
    );
    expect(passed).toBe(false);
    expect(Object.keys(errors).filter((key) => errors[key] > 0)).toEqual([name]);
  },
);

test('NaN fails, and so does a result that is cut short', async () => {
  const nan = spoiled((results) => results.gradient.fill(Number.NaN));
  expect((await selfTest(nan)).passed).toBe(false);
  const short = spoiled((results) => {
    results.product = results.product.subarray(1);
  });
  expect((await selfTest(short)).passed).toBe(false);
});

test('rounding to float32 passes', async () => {
  const rounded = spoiled((results) => {
    for (const values of Object.values(results))
      values.forEach((value, i) => {
        values[i] = Math.fround(value);
      });
  });
  expect((await selfTest(rounded)).passed).toBe(true);
});
