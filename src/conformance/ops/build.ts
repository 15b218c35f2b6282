/** Builds the cases of an operation: the value, and the gradients for a random cotangent. */
import { type Feeds, initialValues } from '../../engine/index.js';
import { constant, input, type OpName, Program, type Tensor, vjp } from '../../tensor/index.js';
import { Sampler } from '../sampler.js';
import { opSuites } from './index.js';
import type { OpCase } from './opCase.js';

export interface BuiltCase {
  readonly name: string;
  readonly label: string;
  readonly compare: NonNullable<OpCase['gradient']>;
  readonly value: Tensor;
  /** Inputs that hold floats, and the gradient of ⟨cotangent, value⟩ with respect to each. */
  readonly floats: readonly Tensor<'input'>[];
  readonly gradients: readonly Tensor[];
  readonly cotangent: Tensor;
}

export interface BuiltSuite {
  readonly cases: readonly BuiltCase[];
  /** Values of all inputs of all cases. */
  readonly feeds: Feeds;
  /** Values of the variables in them. */
  readonly variables: Feeds;
}

export function buildSuite(op: OpName): BuiltSuite {
  const sampler = new Sampler(op);
  const feeds: Record<string, Feeds[string]> = {};
  const cases = opSuites[op].cases(sampler).map((each, index): BuiltCase => {
    const inputs = each.inputs.map(({ dtype, shape, data }, k) => {
      const name = `${index}.${k}`;
      feeds[name] = data;
      return input(name, shape, dtype);
    });
    const value = each.build(...inputs);
    const compare = each.gradient ?? 'differences';
    const floats = inputs.flatMap((x) => (x.is('input') && x.dtype === 'float32' ? [x] : []));
    const cotangent = constant(sampler.normal(value.shape).data, 'float32', value.shape);
    const isSmooth = value.dtype === 'float32' && compare !== 'nothing';
    const gradients = isSmooth ? vjp([value], floats, [cotangent]) : [];
    return { name: `${op}: ${each.label}`, label: each.label, compare, value, floats, gradients, cotangent };
  });
  const names = new Set(cases.map(({ label }) => label));
  if (names.size < cases.length) throw new Error(`two cases of ${op} have one name`);
  const program = new Program({ outputs: Object.fromEntries(cases.map(({ value }, i) => [i, value])) });
  const variables = Object.fromEntries(initialValues(program.variables.values(), 0));
  return { cases, feeds, variables };
}
