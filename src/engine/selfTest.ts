/**
 * A quick look whether an engine computes what it should: a drawn-out bug of a driver or a runtime shows here in a few
 * milliseconds, and not as a model that does not learn.
 */
import { RandomStream } from '../random/index.js';
import { grad, input, logSumExp, Program, type Shape, sizeOf } from '../tensor/index.js';
import type { Engine, Values } from './engine.js';
import { evaluate } from './reference/engine.js';

export interface SelfTestResult {
  readonly passed: boolean;
  /** Largest difference from the reference for each kind of operation, as a part of the largest value. */
  readonly errors: Readonly<Record<string, number>>;
  readonly milliseconds: number;
}

/** Rounding explains 1e-6 in float32 and 1e-3 where a GPU cuts factors to ten bits; a wrong kernel is off by about 1. */
const TOLERANCE = 1e-2;

/** Runs a convolution, a matrix product, a reduction and a gradient, and compares them with the reference engine's. */
export async function selfTest(engine: Engine): Promise<SelfTestResult> {
  const started = performance.now();
  const { outputs, feeds } = trial();
  const names = Object.keys(outputs);
  const expected = evaluate(Object.values(outputs), { values: feeds });
  const executable = await engine.compile(new Program({ outputs }));
  try {
    const results = await executable.run(feeds);
    const errors = Object.fromEntries(
      names.map((name, i) => [name, largestError(results[name], expected[i])]),
    );
    const passed = Object.values(errors).every((error) => error <= TOLERANCE);
    return { passed, errors, milliseconds: performance.now() - started };
  } finally {
    await executable.dispose();
  }
}

function trial() {
  const feeds: Record<string, Float32Array> = {};
  const drawn = (name: string, shape: Shape) => {
    feeds[name] = new RandomStream(0, `self-test/${name}`).normal(new Float32Array(sizeOf(shape)));
    return input(name, shape);
  };
  const x = drawn('x', [2, 7, 6, 3]);
  const filter = drawn('filter', [3, 3, 3, 4]);
  const weight = drawn('weight', [48, 5]);
  const same = [1, 1] as const;
  const window = { strides: [2, 2], dilations: [1, 1], padding: [same, same], groups: 1 };
  const convolution = x.conv(filter, window);
  const product = convolution.tanh().reshape([2, 48]).matmul(weight);
  const reduction = logSumExp(product, -1);
  const [gradient] = grad(reduction.sum(), [filter]);
  return { outputs: { convolution, product, reduction, gradient }, feeds };
}

function largestError(actual: Values, expected: Values): number {
  let magnitude = 0;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    magnitude = Math.max(magnitude, Math.abs(expected[i]));
    // Math.max lets a NaN through, and NaN passes no comparison.
    error = Math.max(error, Math.abs(actual[i] - expected[i]));
  }
  return error / magnitude;
}
