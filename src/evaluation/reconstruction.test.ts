import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner, TrainedModel } from '../inference/index.js';
import { vae } from '../systems/index.js';
import { zeros } from '../tensor/index.js';
import { openScorer } from './anomalyScores.js';
import { reconstructionMetrics } from './reconstruction.js';

const N = Number.NaN;
const table = numericTable(3);

test('where numbers of samples are missing, errors are means over the others, and samples without any do not count', async () => {
  if (table.kind !== 'table') throw new Error('a table is expected');
  const given = toy({ ...table, holes: true }, [1, N, 3, N, N, N, 2, -1, 0.5, N, 4, N]);
  const engine = engines[0].create();
  const options = optionsOf(vae, { hidden: [4], latent: 2 });
  const runner = new ModelRunner({ system: vae, options, data: given.data, engine });
  runner.build().objective({ x: zeros([2, 3]) });
  await engine.variables.write(initialValues(runner.table.variables.values(), 1));
  // Columns are seen as they are stored.
  const guess = await new TrainedModel(runner).reconstruct(given.samples);
  const differences = Array.from(given.samples.x, (value, i) => value - guess[i]);
  const ofSample = (n: number) => differences.slice(3 * n, 3 * n + 3).filter((each) => !Number.isNaN(each));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = (each: number) => each * each;
  const [squared, absolute] = await reconstructionMetrics(runner, given.source);
  expect(squared.n).toBe(3);
  expect(squared.value).toBeCloseTo(mean([0, 2, 3].map((n) => mean(ofSample(n).map(square)))), 5);
  expect(absolute.value).toBeCloseTo(mean([0, 2, 3].map((n) => mean(ofSample(n).map(Math.abs)))), 5);
  const { score, estimator } = await openScorer({
    runner,
    engine,
    training: given.source,
    by: 'reconstruction',
  });
  expect(estimator).toMatch(/, of what is there of it$/);
  const scores = await score(given.source);
  for (let n = 0; n < 4; n++)
    expect(scores[n]).toBeCloseTo(
      ofSample(n).reduce((sum, each) => sum + square(each), 0),
      4,
    );
});
