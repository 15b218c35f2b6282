import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import type { Engine } from '../engine/index.js';
import { filled } from '../nn/index.js';
import { constant, type Draws, input, Program, Variable } from '../tensor/index.js';
import { type OptimizerOptions, optimizerStep } from './optimizers.js';

const STEPS = 7;
const START = [0.5, -1.2, 2, 0.01];
/** Gradients of very different sizes, of which one is zero at first. */
const gradientAt = (step: number) =>
  START.map((_, i) => (i === 3 && step < 2 ? 0 : 10 ** (i - 2) * Math.sin(1 + step + i)));
const rateAt = (step: number) => 0.1 / (1 + step);
/** What clipping would multiply gradients with. */
const scaleAt = (step: number) => (step % 2 === 0 ? 1 : 0.3);

const base = { momentum: 0, weightDecay: 0.01 };

/** Weights after each step of an optimiser that is written out as in its paper, in float64. */
function byHand(
  { optimizer, momentum, weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: OptimizerOptions,
  isMatrix: boolean,
): number[][] {
  let weights = [...START];
  const [m, v] = [weights.map(() => 0), weights.map(() => 0)];
  return Array.from({ length: STEPS }, (_, step) => {
    const t = step + 1;
    const rate = rateAt(step);
    weights = weights.map((w, i) => {
      const g = scaleAt(step) * gradientAt(step)[i];
      switch (optimizer) {
        case 'sgd':
          m[i] = momentum * m[i] + g;
          return w - rate * m[i];
        case 'rmsprop':
          v[i] = 0.9 * v[i] + 0.1 * g * g;
          return w - (rate * g) / (Math.sqrt(v[i]) + epsilon);
        case 'adamax':
          m[i] = beta1 * m[i] + (1 - beta1) * g;
          v[i] = Math.max(beta2 * v[i], Math.abs(g));
          return w - ((rate / (1 - beta1 ** t)) * m[i]) / (v[i] + epsilon);
        default: {
          m[i] = beta1 * m[i] + (1 - beta1) * g;
          v[i] = beta2 * v[i] + (1 - beta2) * g * g;
          const [mHat, vHat] = [m[i] / (1 - beta1 ** t), v[i] / (1 - beta2 ** t)];
          const decay = optimizer === 'adamw' && isMatrix ? weightDecay * w : 0;
          return w - rate * (mHat / (Math.sqrt(vHat) + epsilon) + decay);
        }
      }
    });
    return weights;
  });
}

/** The same on an engine, all steps in one call. */
async function onEngine(engine: Engine, options: OptimizerOptions, shape: number[]): Promise<number[][]> {
  const weight = new Variable('w', shape, filled(0));
  const gradient = input('gradient', shape);
  const [learningRate, scale] = [input('rate', []), input('scale', [])];
  const { moved, remembered } = optimizerStep(
    new Map([[weight, gradient]]),
    { learningRate, scale },
    options,
  );
  const now = moved.get(weight) ?? weight;
  const program = new Program({ outputs: { now }, updates: new Map([...moved, ...remembered]) });
  const zeros = Array.from(
    program.variables.values(),
    ({ name, size }) => [name, new Float32Array(size)] as const,
  );
  await engine.variables.write(new Map([...zeros, ['w', Float32Array.from(START)]]));
  const steps = Array.from({ length: STEPS }, (_, step) => step);
  const feeds = {
    gradient: Float32Array.from(steps.flatMap(gradientAt)),
    rate: Float32Array.from(steps, rateAt),
    scale: Float32Array.from(steps, scaleAt),
  };
  const executable = await engine.compile(program);
  const values = Array.from((await executable.run(feeds, { steps: STEPS })).now);
  return steps.map((step) => values.slice(4 * step, 4 * step + 4));
}

const cases: readonly OptimizerOptions[] = [
  { ...base, optimizer: 'sgd' },
  { ...base, optimizer: 'sgd', momentum: 0.9 },
  { ...base, optimizer: 'rmsprop' },
  { ...base, optimizer: 'adam' },
  { ...base, optimizer: 'adam', beta1: 0.5, beta2: 0.9, epsilon: 1e-3 },
  { ...base, optimizer: 'adamw', weightDecay: 0.1 },
  { ...base, optimizer: 'adamax' },
];

for (const { name, create } of engines.slice(0, 2)) {
  for (const options of cases) {
    test(`${JSON.stringify(options)} moves weights as its paper says on ${name}`, async () => {
      for (const shape of [[2, 2], [4]]) {
        const expected = byHand(options, shape.length === 2);
        const actual = await onEngine(create(), options, shape);
        // Inputs are rounded to float32, and a step moves a weight by 0.1 at most.
        expected.flat().forEach((value, i) => {
          expect(Math.abs(actual.flat()[i] - value)).toBeLessThan(2e-6);
        });
      }
    });
  }
}

test('the first step of Adam moves every weight by the learning rate, whatever the size of its gradient', () => {
  const [first] = byHand({ ...base, optimizer: 'adam' }, true);
  first.slice(0, 3).forEach((value, i) => {
    expect(Math.abs(value - START[i])).toBeCloseTo(0.1, 5);
  });
});

test('an optimiser’s memory has a name for every weight, and starts at zero', () => {
  const weight = new Variable('encoder.0.weight', [3], filled(1));
  const rate = { learningRate: constant(0.1) };
  const remembered = (options: Partial<OptimizerOptions>) => {
    const step = optimizerStep(new Map([[weight, constant([1, 2, 3])]]), rate, {
      ...base,
      optimizer: 'adam',
      ...options,
    });
    const draws: Draws = {
      normal: () => new Float32Array(),
      uniform: () => new Float32Array(),
      of: () => draws,
    };
    for (const variable of step.remembered.keys()) {
      expect(variable.trainable).toBe(false);
      expect(Array.from(variable.initialiser(variable.shape, draws))).toEqual(
        new Array(variable.size).fill(0),
      );
    }
    return Array.from(step.remembered.keys(), ({ name }) => name);
  };
  expect(remembered({})).toEqual([
    'optimizer.count',
    'optimizer.m.encoder.0.weight',
    'optimizer.v.encoder.0.weight',
  ]);
  expect(remembered({ optimizer: 'sgd' })).toEqual(['optimizer.count']);
  expect(remembered({ optimizer: 'sgd', momentum: 0.5 })).toEqual([
    'optimizer.count',
    'optimizer.velocity.encoder.0.weight',
  ]);
});
