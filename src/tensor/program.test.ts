import { expect, test } from 'vitest';
import { type constant, input, Program, randomNormal, randomUniform, ShapeError, Variable } from './index.js';

const w = new Variable('w', [2], () => [0, 0]);
const x = input('x', [2]);

test('a program finds its inputs, variables and random streams in the graph', () => {
  const counter = new Variable('counter', [], () => [0], { dtype: 'int32', trainable: false });
  const program = new Program({
    outputs: { y: x.mul(w).add(randomNormal('noise', [2])) },
    updates: new Map([[counter, counter.add(1)]]),
  });
  expect([...program.inputs.keys()]).toEqual(['x']);
  expect([...program.variables.keys()]).toEqual(['w', 'counter']);
  expect(program.random.map((node) => node.attributes.stream)).toEqual(['noise']);
});

test('a variable that is only written belongs to the program', () => {
  const program = new Program({ updates: new Map([[w, x]]) });
  expect([...program.variables.values()]).toEqual([w]);
});

test('an update must have its variable’s shape and type', () => {
  const refused = (value: ReturnType<typeof constant>) => () =>
    new Program({ updates: new Map([[w, value]]) });
  expect(refused(x.sum())).toThrow("Program: variable 'w' (float32[2]) cannot be updated with float32[]");
  expect(refused(x.cast('int32'))).toThrow(
    "Program: variable 'w' (float32[2]) cannot be updated with int32[2]",
  );
});

test('a program computes something', () => {
  expect(() => new Program({})).toThrow('Program: there is nothing to compute; name an output or an update');
});

test('the guard is a bool scalar', () => {
  const guarded = (guard: ReturnType<typeof constant>) => () => new Program({ outputs: { x }, guard });
  expect(guarded(x.isFinite())).toThrow('Program: the guard is a bool scalar, not equal bool[2]');
  expect(guarded(x.sum())).toThrow('Program: the guard is a bool scalar, not reduceSum float32[]');
  expect(guarded(x.sum().isFinite())).not.toThrow();
});

test('two inputs, variables or random draws of one name are told to be renamed', () => {
  const message = (kind: string, a: string, b: string) =>
    `Program: two different tensors share the ${kind} name '${a}' (${b}); rename one`;
  const other = new Variable('w', [3], () => [0, 0, 0]);
  expect(() => new Program({ outputs: { a: w, b: other } })).toThrow(
    message('variable', 'w', 'variable float32[2] and variable float32[3]'),
  );
  expect(() => new Program({ outputs: { a: x, b: input('x', [3]) } })).toThrow(
    message('input', 'x', 'input float32[2] and input float32[3]'),
  );
  const draws = { a: randomNormal('eps', [2]), b: randomUniform('eps', [2]) };
  expect(() => new Program({ outputs: draws })).toThrow(
    message('random stream', 'eps', 'random float32[2] and random float32[2]'),
  );
  expect(() => new Program({ outputs: draws })).toThrow(ShapeError);
});

test('one draw used twice is one draw', () => {
  const program = new Program({
    outputs: { sum: randomNormal('eps', [2]).add(1), product: randomNormal('eps', [2]).mul(2) },
  });
  expect(program.random).toHaveLength(1);
});
