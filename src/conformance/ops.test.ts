import { describe, expect, test } from 'vitest';
import { evaluate, type Values } from '../engine/index.js';
import { type OpName, Program, rules, type Tensor } from '../tensor/index.js';
import { largest, mismatch, type Tolerance } from './compare.js';
import { engines } from './engines.js';
import { type BuiltCase, buildSuite } from './ops/build.js';
import { opSuites } from './ops/index.js';

const ops = Object.keys(rules) as OpName[];
const FIRST_STEP = 7;
const SEED = 5;

/** What a run should give, in float64. */
function referenceOf(values: Record<string, Values>): (tensors: readonly Tensor[]) => Values[] {
  return (tensors) => evaluate(tensors, { values, seed: SEED, step: FIRST_STEP });
}

const magnitudes = (values: Record<string, Values>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, list]) => [
      name,
      list instanceof Float32Array ? list.map(Math.abs) : list,
    ]),
  );

/** A gradient adds up and multiplies a few rounded numbers; what cancels leaves the roundings of the largest. */
function gradientTolerance(expected: Values): Tolerance {
  return { roundings: 0, absolute: 64 * 2 ** -23 * Math.max(1, largest(expected)) };
}

describe.each(engines.map((engine) => [engine.name, engine] as const))('%s', (_, { create, skips }) => {
  test.each(ops)('%s and its gradient agree with the reference', async (op) => {
    const { cases, feeds, variables } = buildSuite(op);
    const tested = cases.filter(({ name }) => skips[name] === undefined);
    const outputs: Record<string, Tensor> = {};
    for (const { label, value, gradients } of tested) {
      outputs[label] = value;
      for (const [k, gradient] of gradients.entries()) outputs[`${label}, gradient ${k}`] = gradient;
    }
    const program = new Program({ outputs });
    const engine = create();
    await engine.variables.write(new Map(Object.entries(variables)));
    const executable = await engine.compile(program);
    const actual = await executable.run(feeds, { firstStep: FIRST_STEP, seed: SEED });
    await engine.dispose();

    const { roundings, absolute, sums } = opSuites[op];
    const reference = referenceOf({ ...feeds, ...variables });
    const sizes = referenceOf(magnitudes(feeds));
    const problems: string[] = [];
    const check = (name: string, expected: Values, tolerance: Tolerance) => {
      const problem = mismatch(actual[name], expected, tolerance);
      if (problem !== '') problems.push(`${name}: ${problem}`);
    };
    for (const { label, value, gradients } of tested) {
      const scale = sums ? sizes([value])[0] : undefined;
      check(label, reference([value])[0], { roundings, absolute, scale });
      for (const [k, gradient] of gradients.entries()) {
        const [expected] = reference([gradient]);
        check(`${label}, gradient ${k}`, expected, gradientTolerance(expected));
      }
    }
    expect(problems).toEqual([]);
  });

  test('every skipped case exists', () => {
    const names = ops.flatMap((op) => buildSuite(op).cases.map(({ name }: BuiltCase) => name));
    for (const skipped of Object.keys(skips)) expect(names).toContain(skipped);
  });
});
