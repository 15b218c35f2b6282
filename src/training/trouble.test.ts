/** Numbers that stop being finite: what is skipped, what is gone back to, and what ends a run. */
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, runOf, toy } from '../conformance/models.js';
import { evaluate } from '../evaluation/index.js';
import { RandomStream } from '../random/index.js';
import { ae, vae } from '../systems/index.js';
import { DivergenceError, Training, type TrainingEvent } from './index.js';

const [, onnx] = engines;
const rows = new RandomStream(1, 'rows').normal(new Float32Array(40 * 3));
const data = toy(numericTable(3), rows);
const BATCH = 10;

/** The same rows, but those of some steps hold a NaN. */
function poisoned(isBad: (step: number) => boolean): typeof data {
  return {
    ...data,
    trainingSamples: {
      read: async (first, count) => {
        const samples = await data.trainingSamples.read(first, count);
        for (let i = 0; i < count; i++)
          if (isBad(Math.floor((first + i) / BATCH))) samples.x[3 * i + 1] = Number.NaN;
        return samples;
      },
    },
  };
}

function start(given: typeof data, training: Record<string, unknown>, engine = onnx.create()) {
  const options = { hidden: [6], latent: 2 };
  return new Training(
    runOf(vae, given, engine, { options, training: { batchSize: BATCH, patience: 0, ...training } }),
  );
}

async function collect(training: Training): Promise<{ events: TrainingEvent[]; error?: unknown }> {
  const events: TrainingEvent[] = [];
  try {
    for await (const event of training) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events };
}

const only = <K extends TrainingEvent['kind']>(events: readonly TrainingEvent[], kind: K) =>
  events.filter((event): event is Extract<TrainingEvent, { kind: K }> => event.kind === kind);
const messages = (events: readonly TrainingEvent[]) => only(events, 'warning').map(({ message }) => message);

for (const { name, create } of engines) {
  test(`a step on data that are not finite is skipped, counted and named on ${name}`, async () => {
    const training = start(
      poisoned((step) => step === 3 || step === 8 || step === 9),
      { steps: 14, evaluateEvery: 14 },
      create(),
    );
    const { events } = await collect(training);
    expect(messages(events).filter((message) => message.startsWith('step'))).toEqual([
      "step 4 was skipped: the 'reconstruction' and 'kl' terms are not finite",
      "step 9 was skipped: the 'reconstruction' and 'kl' terms are not finite",
    ]);
    expect(training.history.map(({ skipped }) => skipped)).toEqual([
      0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3,
    ]);
    expect(only(events, 'checkpoint').at(-1)?.progress).toMatchObject({
      step: 14,
      skipped: 3,
      skippedInRow: 0,
      rollbacks: 0,
    });
    expect(Number.isFinite((await evaluate(training.model.runner, data.source)).loss)).toBe(true);
  });
}

test('a skipped step leaves everything as it was: weights, moments, averages and running statistics', async () => {
  // The bad step is the last one of the second run, and the noise of the steps before it is the same.
  const last = async (isBad: (step: number) => boolean, steps: number) => {
    const { events } = await collect(
      start(poisoned(isBad), { steps, checkpointEvery: 100, averageWeights: 0.9 }),
    );
    return only(events, 'checkpoint').at(-1)?.variables;
  };
  expect(await last((step) => step === 6, 7)).toEqual(await last(() => false, 6));
});

test('skipped steps count as work in records, and not in their means', async () => {
  const clean = start(data, { steps: 3 });
  const bad = start(
    poisoned((step) => step === 1),
    { steps: 3 },
  );
  await clean.finish();
  await bad.finish();
  expect(bad.history[0]).toMatchObject({ objective: clean.history[0].objective, skipped: 0 });
  expect(bad.history[1].objective).toBeNaN();
  expect(bad.history[1].learningRate).toBeCloseTo(1e-3, 9);
});

/** Steps 23 to 34 are bad: after ten of them the run goes back to the checkpoint at 20. */
const badStretch = poisoned((step) => step >= 23 && step < 35);

test('ten skipped steps in a row go back to the last good state, with half the learning rate', async () => {
  const training = start(badStretch, { steps: 60, evaluateEvery: 10 });
  const { events } = await collect(training);
  const told = messages(events).filter((message) => !message.startsWith('posterior'));
  const problem = "the 'reconstruction' and 'kl' terms are not finite";
  expect(told).toEqual([
    `step 24 was skipped: ${problem}`,
    `10 steps in a row were skipped, the last at step 33: ${problem}; back to the last good weights, with a learning rate of 0.0005`,
    `step 34 was skipped: ${problem}`,
  ]);
  const rates = new Map(training.history.map(({ step, learningRate }) => [step, learningRate]));
  expect(rates.get(33)).toBeCloseTo(1e-3, 9);
  expect(rates.get(40)).toBeCloseTo(5e-4, 9);
  expect(only(events, 'finish')).toMatchObject([{ reason: 'steps', step: 60 }]);
  expect(only(events, 'checkpoint').at(-1)?.progress).toMatchObject({ skipped: 12, rollbacks: 1 });
});

test('trouble does not depend on how many steps a call makes', async () => {
  const run = async (given: Record<string, unknown>) => {
    const training = start(badStretch, { steps: 50, checkpointEvery: 10, ...given });
    const { events } = await collect(training);
    return {
      variables: only(events, 'checkpoint').at(-1)?.variables,
      warnings: messages(events).filter((m) => !m.startsWith('posterior')),
    };
  };
  expect(await run({ evaluateEvery: 50 })).toEqual(await run({ evaluateEvery: 1 }));
});

test('a run that is resumed goes back to the same state as one that never stopped', async () => {
  const { events } = await collect(start(badStretch, { steps: 50, evaluateEvery: 5 }));
  // No checkpoint is made in the middle of a bad stretch: it would be nothing to go back to.
  expect(only(events, 'checkpoint').map(({ progress }) => progress.step)).toEqual([
    5, 10, 15, 20, 40, 45, 50,
  ]);
  const checkpoint = only(events, 'checkpoint')[3];
  const best = only(events, 'best').findLast(({ step }) => step <= 20);
  const definition = runOf(vae, badStretch, onnx.create(), {
    options: { hidden: [6], latent: 2 },
    training: { batchSize: BATCH, patience: 0, steps: 50, evaluateEvery: 5 },
    resume: { ...checkpoint, bestWeights: best?.weights },
  });
  const resumed = await collect(new Training(definition));
  expect(only(resumed.events, 'checkpoint').at(-1)).toEqual(only(events, 'checkpoint').at(-1));
});

test('a run that never recovers ends with an error that says where, what and what to do', async () => {
  const engine = onnx.create();
  const training = start(
    poisoned((step) => step >= 12),
    { steps: 1000, evaluateEvery: 10 },
    engine,
  );
  const { events, error } = await collect(training);
  expect(error).toBeInstanceOf(DivergenceError);
  expect(String(error)).toBe(
    "DivergenceError: training diverged at step 72: the 'reconstruction' and 'kl' terms are not finite, after 5 returns to good weights, each with half the learning rate; the best weights so far are kept; start with a learning rate below 0.001",
  );
  const [best] = only(events, 'best').slice(-1);
  const held = await engine.variables.read(best.weights.keys());
  expect(held).toEqual(best.weights);
});

test('data that are never finite are named as what is wrong', async () => {
  const { error } = await collect(
    start(
      poisoned(() => true),
      { steps: 1000, evaluateEvery: 100 },
    ),
  );
  expect(String(error)).toBe(
    "DivergenceError: training diverged at step 60: the 'reconstruction' and 'kl' terms are not finite, as in every step before; look for values in the data that are not finite",
  );
});

test.each([
  ['steps', { patience: 0, steps: 12, evaluateEvery: 4 }, 12],
  ['patience', { patience: 2, steps: 1000, evaluateEvery: 4 }, 8],
])('a run that is out of %s without one finite evaluation has diverged', async (_, given, step) => {
  // Steps go well, so that nothing is skipped.
  const infinite = new Float32Array(BATCH * 3).fill(Number.POSITIVE_INFINITY);
  const validation = { size: BATCH, read: async () => ({ x: infinite }) };
  const definition = runOf(vae, data, onnx.create(), {
    options: { hidden: [6], latent: 2 },
    training: { batchSize: BATCH, ...given },
  });
  const { events, error } = await collect(new Training({ ...definition, validation }));
  expect(error).toBeInstanceOf(DivergenceError);
  expect(String(error)).toBe(
    `DivergenceError: training diverged by step ${step}: the objective on the validation part was never finite; start with a learning rate below 0.001, or look for values in the data that are not finite`,
  );
  // What was reached is kept all the same.
  expect(only(events, 'checkpoint').at(-1)?.progress).toMatchObject({ step, skipped: 0 });
});

test.each([
  [1, 0],
  [1e5, 1],
])(
  'validation samples of values around %d make %i warnings of a run that has run away',
  async (scale, count) => {
    const values = new Float32Array(BATCH * 3).fill(scale);
    const validation = { size: BATCH, read: async () => ({ x: values }) };
    const definition = runOf(ae, data, onnx.create(), {
      options: { hidden: [6], latent: 2 },
      training: { batchSize: BATCH, steps: 12, evaluateEvery: 4, patience: 0 },
    });
    const { events, error } = await collect(new Training({ ...definition, validation }));
    expect(error).toBeUndefined();
    expect(messages(events)).toHaveLength(count);
    for (const message of messages(events))
      expect(message).toMatch(
        /^at step 4 the objective on the validation part is \d\.\d+e\+\d+, and at the first step it was \S+; start with a learning rate below 0\.001, or look for values/,
      );
  },
);

test('a learning rate of 1000 ends in finite weights or in that error, with the first weights at least', async () => {
  for (const [system, options] of [
    [vae, { hidden: [6], latent: 2 }],
    [ae, { hidden: [6, 6], latent: 2, activation: 'identity' }],
  ] as const) {
    for (const optimizer of ['adam', 'sgd']) {
      const engine = onnx.create();
      const training = new Training(
        runOf(system, data, engine, {
          options,
          training: { batchSize: BATCH, steps: 400, learningRate: 1000, optimizer, clip: 0 },
        }),
      );
      const { error } = await collect(training);
      if (error !== undefined)
        expect(String(error)).toMatch(/^DivergenceError: training diverged (at|by) step \d+: the /);
      const weights = await engine.variables.read(training.model.runner.table.variables.keys());
      for (const values of weights.values())
        for (const value of values) expect(Number.isFinite(value)).toBe(true);
    }
  }
});
