import { expect, test } from 'vitest';
import { compute } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { step } from '../tensor/index.js';
import { ramp } from './index.js';

const table = new VariableTable();
const training = () =>
  table.scope({
    training: true,
    clock: { step: step().cast('float32'), totalSteps: 100, stepsPerEpoch: 5 },
  });

test('a ramp begins at exactly its start, moves in a line, and stays at 1', () => {
  const scope = training();
  const values = (tensor: ReturnType<typeof ramp>) =>
    [0, 5, 10, 20, 99].map((step) => compute([tensor], { step })[0][0]);
  expect(values(ramp(scope, { name: 'capacity', length: 20 }))).toEqual([0, 0.25, 0.5, 1, 1]);
  expect(values(ramp(scope, { name: 'k', length: 0.2, from: 3 }))).toEqual([3, 2.5, 2, 1, 1]);
  expect(scope.ramps).toEqual([
    { name: 'capacity', end: 20 },
    { name: 'k', end: 20 },
  ]);
});

test('evaluation, and a ramp of no length, stand at the end', () => {
  const scope = training();
  const ends = [
    ramp(table.scope({ training: false }), { name: 'capacity', length: 20, from: 3 }),
    ramp(scope, { name: 'capacity', length: 0 }),
  ];
  expect(compute(ends).flat()).toEqual([1, 1]);
  expect(scope.ramps).toEqual([]);
});
