import { describe, expect, test } from 'vitest';
import { lowerProgram } from '../engine/native/lower.js';
import { accessOf, loopOf } from '../engine/native/memory.js';
import type { Plan } from '../engine/native/plan.js';
import { batchNorm, conv, relu, sequential, VariableTable } from '../nn/index.js';
import { benchCases } from '../node/bench/cases.js';
import { buildStep } from '../node/bench/measure.js';
import { grad, input, Program, sizeOf, Variable } from '../tensor/index.js';

function trainingPlan(name: string, given: Record<string, unknown> = {}): Plan {
  const [bench] = benchCases.filter((each) => each.name === name);
  const { step } = buildStep({ ...bench, training: { ...bench.training, ...given } });
  return lowerProgram(step.program);
}

/** For each variable the instructions that write it. */
function writersOf(plan: Plan): Map<string, number[]> {
  const writers = new Map<string, number[]>();
  plan.instructions.forEach((instruction, i) => {
    for (const buffer of accessOf(instruction).writes) {
      const { place } = plan.buffers[buffer];
      if (place.kind !== 'variable') continue;
      const { name } = plan.variables[place.index];
      writers.set(name, [...(writers.get(name) ?? []), i]);
    }
  });
  return writers;
}

describe.each([
  ['adam', {}],
  ['adam with an average of the weights', { averageWeights: 0.99 }],
  ['adam without clipping', { clip: 0 }],
  ['adamw', { optimizer: 'adamw', weightDecay: 0.1 }],
  ['adamax', { optimizer: 'adamax' }],
  ['momentum', { optimizer: 'sgd', momentum: 0.9 }],
])('%s', (_, given) => {
  test('updates a weight and all that goes with it in one loop, in place', () => {
    const plan = trainingPlan('mlp-vae', given);
    const writers = writersOf(plan);
    const weights = [...writers.keys()].filter((name) => /^(encoder|decoder|mean|logVar)\b/.test(name));
    expect(weights.length).toBe(10);
    for (const weight of weights) {
      const own = [...writers].filter(([name]) => name === weight || name.endsWith(`.${weight}`));
      expect(own.length).toBeGreaterThan(1);
      expect(new Set(own.flatMap(([, at]) => at)).size).toBe(1);
    }
  });
});

test('the training step of an MLP VAE keeps its gradients, activations and little else', () => {
  const plan = trainingPlan('mlp-vae');
  expect(plan.instructions.length).toBeLessThanOrEqual(36);
  const gradients = 4 * 2 * (784 * 400 + 400 * 20 + 20 * 400);
  expect(plan.arenaLines * 64).toBeLessThan(1.25 * gradients);
  // Scalars: terms, norms and rates before the guard, the optimiser's own after it.
  const scalar = plan.instructions.filter((each) => each.kind === 'elementwise' && sizeOf(each.shape) === 1);
  expect(scalar.length).toBeLessThanOrEqual(3);
});

test('batch normalisation passes over its input twice forwards and twice backwards', () => {
  const scope = new VariableTable().scope({ training: true });
  const x = input('x', [16, 8, 8, 3]);
  const layers = sequential(
    conv({ filters: 6, kernel: 3 }),
    batchNorm(),
    relu,
    conv({ filters: 5, kernel: 3 }),
  );
  const loss = layers(scope)(x).square().mean();
  const weights = scope.variables.filter((each) => each instanceof Variable && each.trainable);
  const gradients = grad(loss, weights);
  const outputs = Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient]));
  const program = new Program({ outputs, updates: scope.updates });
  const passesOf = (plan: Plan) =>
    plan.instructions.flatMap((instruction) => {
      const loop = loopOf(instruction);
      return loop && sizeOf(loop.shape) === 16 * 8 * 8 * 6 ? [instruction.kind] : [];
    });
  // Sum; squares; normalise | rectify and sums, on the way; the gradient.
  const passes = ['conv', 'elementwise', 'elementwise', 'convInputGrad', 'elementwise'];
  expect(passesOf(lowerProgram(program))).toEqual(passes);
  // Where tensors are large, the next convolution normalises what it reads.
  passes.splice(2, 1);
  expect(passesOf(lowerProgram(program, { leastMade: 1 }))).toEqual(passes);
});

test('every benchmark case has a short plan', () => {
  const lengths = Object.fromEntries(
    benchCases.map(({ name }) => [name, trainingPlan(name).instructions.length]),
  );
  expect(lengths['conv-vae-64']).toBeLessThanOrEqual(100);
  expect(lengths['conv-vae-celeba']).toBeLessThanOrEqual(190);
  expect(lengths['tabular-ae']).toBeLessThanOrEqual(40);
});
