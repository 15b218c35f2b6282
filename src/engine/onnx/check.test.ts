import { expect, test } from 'vitest';
import { problemsOf } from './check.js';
import type { OnnxGraph, OnnxNode, OnnxValue } from './proto.js';

const float = (name: string, ...shape: (number | string)[]): OnnxValue => ({ name, type: 'float32', shape });
const node = (op: string, inputs: string[], outputs: string[]): OnnxNode => ({
  op,
  inputs,
  outputs,
  attributes: {},
});

/** y = −x, with some parts replaced. */
function graph(change: Partial<OnnxGraph> = {}): OnnxGraph {
  return {
    name: 'g',
    nodes: [node('Neg', ['x'], ['y'])],
    initializers: [],
    inputs: [float('x', 2)],
    outputs: [float('y', 2)],
    ...change,
  };
}

const loop = (body: Partial<OnnxGraph>): OnnxGraph =>
  graph({
    inputs: [
      { name: 'steps', type: 'int64', shape: [] },
      { name: 'go', type: 'bool', shape: [] },
      float('x'),
    ],
    nodes: [
      {
        op: 'Loop',
        inputs: ['steps', 'go', 'x'],
        outputs: ['y'],
        attributes: {
          body: {
            name: 'body',
            initializers: [],
            inputs: [float('i'), float('go in'), float('a')],
            nodes: [node('Identity', ['go in'], ['go out']), node('Add', ['a', 'x'], ['b'])],
            outputs: [float('go out'), float('b')],
            ...body,
          },
        },
      },
    ],
  });

test('a right graph has no problems, and a body sees what is around it', () => {
  expect(problemsOf(graph())).toEqual([]);
  expect(problemsOf(loop({}))).toEqual([]);
});

test('names that are missing, repeated or read too early are found', () => {
  expect(problemsOf(graph({ nodes: [node('Neg', ['z'], ['y'])] }))).toEqual([
    "graph 'g': Neg reads 'z', which nothing before it defines",
  ]);
  expect(problemsOf(graph({ nodes: [node('Neg', ['a'], ['y']), node('Abs', ['x'], ['a'])] }))).toEqual([
    "graph 'g': Neg reads 'a', which nothing before it defines",
  ]);
  expect(problemsOf(graph({ nodes: [node('Neg', ['x'], ['y']), node('Abs', ['x'], ['y'])] }))).toEqual([
    "graph 'g': 'y' is defined twice",
  ]);
  expect(problemsOf(graph({ nodes: [node('Neg', ['x'], ['']), node('Neg', ['x'], ['y'])] }))).toEqual([
    "graph 'g': an output of Neg has no name",
  ]);
});

test('outputs that nothing computes, or that are listed twice, are found', () => {
  expect(problemsOf(graph({ outputs: [float('z', 2)] }))).toEqual([
    "graph 'g': the output 'z' is not computed",
  ]);
  expect(problemsOf(graph({ outputs: [float('y', 2), float('y', 2)] }))).toEqual([
    "graph 'g': the output 'y' is listed twice",
  ]);
});

test('a body that hides an outer name, or has other inputs and outputs than its loop, is found', () => {
  const hiding = { nodes: [node('Identity', ['go in'], ['go out']), node('Neg', ['a'], ['x'])] };
  expect(problemsOf(loop({ ...hiding, outputs: [float('go out'), float('x')] }))).toEqual([
    "graph 'body': 'x' hides the same name of an outer graph",
  ]);
  expect(problemsOf(loop({ outputs: [float('go out')] }))).toEqual([
    "graph 'g': Loop has 3 inputs and 1 outputs, but its body 3 and 1",
  ]);
});

test('operators that are unknown or have the wrong number of inputs or outputs are found', () => {
  expect(problemsOf(graph({ nodes: [node('Negate', ['x'], ['y'])] }))).toEqual([
    "graph 'g': Negate is not among the operators that vaekit uses",
  ]);
  expect(problemsOf(graph({ nodes: [node('Slice', ['x'], ['y'])] }))).toEqual([
    "graph 'g': Slice takes 3 to 5 inputs but has 1",
  ]);
  expect(problemsOf(graph({ nodes: [node('Neg', ['x'], ['y', 'z'])] }))).toEqual([
    "graph 'g': Neg gives up to 1 outputs but has 2",
  ]);
});

test('constants that do not fill their shape or type, and shapes that are none, are found', () => {
  const constant = (shape: number[], data: Float32Array | Int32Array) =>
    graph({ initializers: [{ name: 'c', type: 'float32', shape, data }] });
  expect(problemsOf(constant([2], Float32Array.of(1)))).toEqual([
    "graph 'g': constant 'c' has 1 values but shape [2]",
  ]);
  expect(problemsOf(constant([1], Int32Array.of(1)))).toEqual([
    "graph 'g': constant 'c' of type float32 is held in a Int32Array",
  ]);
  expect(problemsOf(graph({ inputs: [float('x', 1.5, 'batch', '')] }))).toEqual([
    "graph 'g': 'x' has shape [1.5, batch, ]",
  ]);
});
