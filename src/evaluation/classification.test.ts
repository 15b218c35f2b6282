import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, toy } from '../conformance/models.js';
import { ModelRunner } from '../inference/index.js';
import { type Classifier, type System, system, vaeOptions } from '../systems/index.js';
import { classificationMetrics } from './classification.js';

/** A system that takes a row for its largest column. */
const largest = (of: Classifier['of'], columns = 3): System =>
  system({
    name: 'largest',
    title: 'Largest',
    paper: '',
    objective: '',
    summary: '',
    options: vaeOptions,
    build: () => ({
      codeShape: [columns],
      objective: ({ x }) => ({ reconstruction: x.sum(1) }),
      encode: ({ x }) => x,
      decode: (code) => code,
      classifier: { of, logits: ({ x }) => x },
    }),
  }) as System;

const rowsOf = (rows: readonly (readonly number[])[], labels?: readonly number[]) =>
  toy(numericTable(rows[0].length), rows.flat(), labels);
const runnerOf = (given: System, { data }: ReturnType<typeof rowsOf>) =>
  new ModelRunner({ system: given, options: {}, data, engine: engines[0].create() });

test('the error is the share of labelled samples that are taken for another class; others do not count', async () => {
  const data = rowsOf(
    [
      [3, 0, 0],
      [0, 3, 0],
      [0, 3, 0],
      [0, 0, 3],
      [0, 0, 3],
    ],
    [0, 1, 2, 2, -1],
  );
  const [error] = await classificationMetrics(runnerOf(largest('classes'), data), data.source, data.source);
  expect(error).toMatchObject({ name: 'classificationError', value: 0.25, n: 4 });
});

test('a cluster has the class of the labelled training sample that is most surely in it', async () => {
  // Cluster 0: most surely the sample of class 1; cluster 1: of class 0; cluster 2: an unlabelled one is surer.
  const training = rowsOf(
    [
      [2, 0, 0],
      [9, 0, 0],
      [0, 5, 0],
      [0, 0, 9],
      [0, 0, 4],
    ],
    [0, 1, 0, -1, 1],
  );
  const held = rowsOf(
    [
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    [1, 0, 0, 1],
  );
  const runner = runnerOf(largest('clusters'), held);
  const [error] = await classificationMetrics(runner, held.source, training.source);
  expect(error).toMatchObject({ name: 'clusterError', value: 0.25, n: 4 });
});

test('without known classes there is no error, and without a classifier nothing to say', async () => {
  const data = rowsOf([[1, 0, 0]], [0]);
  const plain = rowsOf([[1, 0, 0]]);
  const runner = runnerOf(largest('classes'), data);
  const [error] = await classificationMetrics(runner, plain.source, plain.source);
  expect(error).toMatchObject({ value: null, reason: 'the class of no sample is known' });
  const silent = { ...largest('classes') };
  const mute: System = {
    ...silent,
    build: (...given) => {
      const { classifier: _, ...model } = silent.build(...given);
      return model;
    },
  };
  expect(await classificationMetrics(runnerOf(mute, data), data.source, data.source)).toEqual([]);
});
