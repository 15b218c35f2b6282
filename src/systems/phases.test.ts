import { expect, test } from 'vitest';
import { VariableTable } from '../nn/index.js';
import { constant } from '../tensor/index.js';
import { allBut, only, type Phase, stage, stageEnds } from './index.js';

const scope = new VariableTable().scope({ training: true });
const phase: Phase = { name: 'p', moves: () => true, objective: () => ({ loss: constant(1) }) };

test('a scope stands for the variables at and below it, and for no others that begin like it', () => {
  const moves = only(scope.child('discriminator'));
  expect(['discriminator.0.weight', 'discriminators.weight', 'encoder.weight'].map(moves)).toEqual([
    true,
    false,
    false,
  ]);
  expect(allBut(scope.child('discriminator'))('encoder.weight')).toBe(true);
});

test('stages are steps or fractions of the run, and the last one has what is left', () => {
  const stages = [stage('a', 0.25, phase), stage('b', 10, phase), stage('c', undefined, phase)];
  expect(stageEnds(stages, 100)).toEqual([25, 35, 100]);
  expect(stageEnds(stages.slice(2), 7)).toEqual([7]);
});

test('a run that is too short for its stages is refused', () => {
  const stages = [stage('a', 10, phase), stage('b', undefined, phase)];
  expect(() => stageEnds(stages, 10)).toThrow(
    'steps: a run of 10 steps has no step for each of its stages (a, b); train longer',
  );
});
