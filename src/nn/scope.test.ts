import { expect, test } from 'vitest';
import { constant, Variable } from '../tensor/index.js';
import { filled, VariableTable } from './index.js';

const zero = filled(0);

test('a path names a variable, and two builds of one table share it', () => {
  const table = new VariableTable();
  const training = table.scope({ training: true });
  const evaluation = table.scope({ training: false });
  const w = training.child('encoder').child('0').variable('weight', [2, 3], zero);
  expect(w.name).toBe('encoder.0.weight');
  expect(evaluation.child('encoder').child('0').variable('weight', [2, 3], zero)).toBe(w);
  expect([training.training, evaluation.training]).toEqual([true, false]);
  expect([...table.variables.keys()]).toEqual(['encoder.0.weight']);
});

test('a path that is used twice in one build is refused with the remedy', () => {
  const scope = new VariableTable().scope({ training: true }).child('decoder');
  scope.variable('bias', [3], zero);
  expect(() => scope.variable('bias', [3], zero)).toThrow(
    "variable 'decoder.bias' is made twice; give the second layer a scope of its own: scope.child('name')",
  );
});

test('a path that has another shape in another build is refused with both', () => {
  const table = new VariableTable();
  table.scope({ training: true }).variable('w', [3], zero);
  expect(() => table.scope({ training: false }).variable('w', [4], zero)).toThrow(
    "variable 'w' has shape [3] in one build and [4] in another",
  );
});

test('a scope lists the variables at and below it, in the order in which they were made', () => {
  const root = new VariableTable().scope({ training: true });
  for (const path of ['b', 'a', 'ab']) root.child(path).variable('w', [], zero);
  root.child('a').child('deep').variable('w', [], zero, { trainable: false });
  expect(root.variables.map(({ name }) => name)).toEqual(['b.w', 'a.w', 'ab.w', 'a.deep.w']);
  expect(root.child('a').variables.map(({ name, trainable }) => [name, trainable])).toEqual([
    ['a.w', true],
    ['a.deep.w', false],
  ]);
});

test('updates belong to their build, and the first one of a variable counts', () => {
  const table = new VariableTable();
  const scope = table.scope({ training: true });
  const mean = scope.variable('mean', [], zero, { trainable: false });
  expect(mean).toBeInstanceOf(Variable);
  scope.update(mean, constant(1));
  scope.child('elsewhere').update(mean, constant(2));
  expect([...scope.updates]).toEqual([[mean, constant(1)]]);
  expect(table.scope({ training: true }).updates.size).toBe(0);
});

test('a recording holds the first update of each variable that is made within it', () => {
  const scope = new VariableTable().scope({ training: true });
  const [a, b] = ['a', 'b'].map((name) => scope.variable(name, [], zero, { trainable: false }));
  scope.update(a, constant(1));
  const { value, updates } = scope.recording(() => {
    scope.update(a, constant(2));
    scope.update(a, constant(3));
    const inner = scope.recording(() => scope.child('x').update(b, constant(4)));
    expect([...inner.updates]).toEqual([[b, constant(4)]]);
    return 'done';
  });
  expect(value).toBe('done');
  expect([...updates]).toEqual([[a, constant(2)]]);
  expect(scope.updates.get(a)).toBe(constant(1));
});
