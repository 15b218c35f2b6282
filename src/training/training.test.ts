import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, pictures, runOf, type Toy, toy } from '../conformance/models.js';
import { evaluate } from '../evaluation/index.js';
import { RandomStream } from '../random/index.js';
import { ae, betaVae, cvae, vae } from '../systems/index.js';
import { Training, type TrainingEvent } from './index.js';

const [reference, onnx] = engines;
const grey = toy(
  pictures(4, 4, 1),
  new RandomStream(1, 'toy').words(new Uint32Array(40 * 16)).map((word) => word % 256),
  Array.from({ length: 40 }, (_, i) => i % 2),
);
const small = { hidden: [8], latent: 2 };

async function collect(training: Training): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of training) events.push(event);
  return events;
}

const only = <K extends TrainingEvent['kind']>(events: readonly TrainingEvent[], kind: K) =>
  events.filter((event): event is Extract<TrainingEvent, { kind: K }> => event.kind === kind);

/** The weights that an engine holds for a training's model, by name. */
async function weightsOf(training: Training) {
  const { table, settings } = training.model.runner;
  return settings.engine.variables.read(table.variables.keys());
}

const start = (given: Record<string, unknown>, options: Record<string, unknown> = small, data: Toy = grey) =>
  new Training(runOf(vae, data, onnx.create(), { options, training: { batchSize: 10, ...given } }));

test('a run starts, steps, evaluates, keeps the best, saves and finishes, in this order', async () => {
  const events = await collect(start({ steps: 12, evaluateEvery: 4 }));
  const kinds = events
    .map(({ kind }) => kind)
    .filter((kind) => !['metrics', 'progress', 'warning'].includes(kind));
  expect(kinds.slice(0, 4)).toEqual(['start', 'evaluation', 'best', 'checkpoint']);
  expect(kinds.at(-1)).toBe('finish');
  expect(only(events, 'start')).toEqual([
    {
      kind: 'start',
      totalSteps: 12,
      firstStep: 0,
      parameters: 16 * 8 + 8 + 2 * (8 * 2 + 2) + 2 * 8 + 8 + 8 * 16 + 16,
    },
  ]);
  expect(only(events, 'evaluation').map(({ step, epoch }) => [step, epoch])).toEqual([
    [4, 1],
    [8, 2],
    [12, 3],
  ]);
  expect(only(events, 'checkpoint').map(({ progress }) => progress.step)).toEqual([4, 8, 12]);
  expect(only(events, 'progress').at(-1)).toMatchObject({ step: 12, totalSteps: 12 });
  expect(only(events, 'finish')).toMatchObject([{ reason: 'steps', step: 12 }]);
});

test('records hold every term with its weight, the gradient norm, the learning rate and the rate of work', async () => {
  const training = new Training(
    runOf(betaVae, grey, onnx.create(), {
      options: { ...small, beta: 3 },
      training: { batchSize: 10, steps: 20, schedule: 'linear', klWarmup: 10 },
    }),
  );
  const events = await collect(training);
  expect(training.history).toEqual(only(events, 'metrics').map((event) => event));
  expect(training.history.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  for (const {
    step,
    terms,
    weights,
    objective,
    gradientNorm,
    learningRate,
    samplesPerSecond,
    skipped,
  } of training.history) {
    expect(Object.keys(terms)).toEqual(['reconstruction', 'kl']);
    expect(objective).toBeCloseTo(terms.reconstruction + weights.kl * terms.kl, 4);
    expect(weights).toEqual({ reconstruction: 1, kl: expect.closeTo(Math.min(3, (3 * (step - 1)) / 10), 5) });
    expect(learningRate).toBeCloseTo(1e-3 * (1 - (step - 1) / 20), 9);
    expect(gradientNorm).toBeGreaterThan(0);
    expect(samplesPerSecond).toBeGreaterThan(0);
    expect(skipped).toBe(0);
  }
});

test('a long run has some 400 records, each the mean over its steps', async () => {
  const short = await finished(start({ steps: 8 }));
  const long = start({ steps: 1000 });
  for await (const event of long) if (event.kind === 'metrics' && event.step >= 8) break;
  expect(long.history.map(({ step }) => step).slice(0, 4)).toEqual([2, 4, 6, 8]);
  long.history.slice(0, 4).forEach(({ objective, terms }, i) => {
    const [first, second] = short.history.slice(2 * i, 2 * i + 2);
    expect(objective).toBeCloseTo((first.objective + second.objective) / 2, 5);
    expect(terms.kl).toBeCloseTo((first.terms.kl + second.terms.kl) / 2, 7);
  });
});

async function finished(training: Training): Promise<Training> {
  await training.finish();
  return training;
}

/** Records without the clock's part in them. */
const timeless = ({ history }: Training) => history.map(({ samplesPerSecond, ...record }) => record);

for (const { name, create } of [reference, onnx]) {
  test(`results do not depend on how many steps a call makes on ${name}`, async () => {
    const options = { ...small, dropout: 0.1, normalisation: 'batch', likelihood: 'gaussian' };
    const run = async (given: Record<string, unknown>) => {
      const training = { batchSize: 10, steps: 60, checkpointEvery: 60, averageWeights: 0.9, ...given };
      const definition = runOf(vae, grey, create(), { options, training });
      return finished(new Training({ ...definition, validation: undefined }));
    };
    // A milestone at every step cuts chunks of one step.
    const [chunked, single] = [await run({}), await run({ evaluateEvery: 1 })];
    expect(await weightsOf(chunked)).toEqual(await weightsOf(single));
    expect(timeless(chunked)).toEqual(timeless(single));
  });
}

test('the same seed gives the same weights, and another seed others', async () => {
  const run = async (seed: number) => weightsOf(await finished(start({ steps: 30, seed })));
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

/** Trained on white pictures and measured on black ones, a model gets worse with every step. */
const misled: Toy = {
  ...toy(pictures(4, 4, 1), new Array(40 * 16).fill(255)),
  source: toy(pictures(4, 4, 1), new Array(40 * 16).fill(0)).source,
};

test('a run without improvement stops when its patience ends, and says so', async () => {
  const training = start({ steps: 200, evaluateEvery: 5, patience: 3, learningRate: 0.01 }, small, misled);
  const events = await collect(training);
  expect(only(events, 'evaluation').map(({ step, isBest }) => [step, isBest])).toEqual([
    [5, true],
    [10, false],
    [15, false],
    [20, false],
  ]);
  expect(only(events, 'finish')).toMatchObject([{ reason: 'patience', step: 20 }]);
  expect(only(events, 'checkpoint').at(-1)?.progress).toMatchObject({
    step: 20,
    sinceBest: 3,
    best: { step: 5 },
  });
});

test('by default, half of a run’s evaluations may pass without improvement before it stops', async () => {
  const events = await collect(start({ steps: 200, learningRate: 0.01 }, small, misled));
  expect(only(events, 'best').map(({ step }) => step)).toEqual([10]);
  expect(only(events, 'finish')).toMatchObject([{ reason: 'patience', step: 110 }]);
});

test('in the end the model has the weights that did best, not the last ones', async () => {
  const training = start({ steps: 40, evaluateEvery: 5, patience: 0, learningRate: 0.01 }, small, misled);
  const events = await collect(training);
  const [best, ...others] = only(events, 'best');
  expect([best.step, others.length]).toEqual([5, 0]);
  expect(await weightsOf(training)).toEqual(best.weights);
  const { objective } = await evaluate(training.model.runner, misled.source);
  expect(objective).toBe(best.objective);
  expect(objective).toBe(only(events, 'evaluation')[0].objective);
});

test('without a validation part the model has the last weights', async () => {
  const definition = runOf(vae, grey, onnx.create(), {
    options: small,
    training: { batchSize: 10, steps: 9 },
  });
  const training = new Training({ ...definition, validation: undefined });
  const events = await collect(training);
  expect(only(events, 'evaluation')).toEqual([]);
  const last = only(events, 'checkpoint').at(-1)?.variables;
  for (const [name, values] of await weightsOf(training)) expect(values).toEqual(last?.get(name));
});

test('with averages, evaluation and the model in the end have averages, and training goes on with the weights', async () => {
  const training = start({ steps: 20, evaluateEvery: 20, averageWeights: 0.5, learningRate: 0.1 });
  const events = await collect(training);
  const [checkpoint] = only(events, 'checkpoint');
  const [{ weights }] = only(events, 'best');
  expect(weights.get('mean.weight')).toEqual(checkpoint.variables.get('average.mean.weight'));
  expect(weights.get('mean.weight')).not.toEqual(checkpoint.variables.get('mean.weight'));
  expect(await weightsOf(training)).toEqual(weights);
  const [{ objective }] = only(events, 'evaluation');
  expect((await evaluate(training.model.runner, grey.source)).objective).toBe(objective);
});

test('while the KL is warming up no evaluation is the best, and patience does not run', async () => {
  const events = await collect(
    start({ steps: 40, evaluateEvery: 5, klWarmup: 0.5, patience: 2, learningRate: 0.01 }, small, misled),
  );
  expect(only(events, 'best').map(({ step }) => step)).toEqual([20]);
  expect(only(events, 'finish')).toMatchObject([{ reason: 'patience', step: 30 }]);
});

test('with cycles the best is chosen in the last half of the last one', async () => {
  const events = await collect(
    start({ steps: 40, evaluateEvery: 5, klCycles: 2, patience: 0, learningRate: 0.01 }, small, misled),
  );
  expect(only(events, 'best').map(({ step }) => step)).toEqual([30]);
});

test('a run that ends before its warm-up is warned of it at the start', async () => {
  const events = await collect(start({ steps: 5, klWarmup: 10 }));
  expect(events[1]).toEqual({
    kind: 'warning',
    message: 'the run of 5 steps ends before its KL warm-up of 10 steps; train longer or shorten it',
  });
});

test('a collapsed posterior is warned of once, after the first quarter of the run', async () => {
  const definition = runOf(betaVae, grey, onnx.create(), {
    options: { ...small, beta: 1000 },
    training: { batchSize: 10, steps: 400, learningRate: 0.01, evaluateEvery: 20, patience: 0 },
  });
  const events = await collect(new Training(definition));
  const at = events.findIndex(({ kind }) => kind === 'warning');
  expect(only(events, 'warning').length).toBe(1);
  expect(only(events, 'warning')[0].message).toMatch(
    /^posterior collapse: the KL to the prior is 0\.0\d\d nats and 0 of 2/,
  );
  expect(only(events.slice(0, at), 'evaluation').at(-1)?.step).toBeGreaterThanOrEqual(100);
});

test('an aborted run saves where it is and says that it was aborted', async () => {
  const stop = new AbortController();
  const definition = runOf(vae, grey, onnx.create(), {
    options: small,
    training: { batchSize: 10, steps: 1e6, evaluateEvery: 7, checkpointEvery: 1000 },
    signal: stop.signal,
  });
  const events: TrainingEvent[] = [];
  for await (const event of new Training(definition)) {
    events.push(event);
    if (event.kind === 'evaluation') stop.abort();
  }
  expect(only(events, 'checkpoint').map(({ progress }) => progress.step)).toEqual([7]);
  expect(only(events, 'finish')).toMatchObject([{ reason: 'aborted', step: 7 }]);
  expect(only(events, 'metrics').at(-1)?.step).toBe(7);
});

test('a run that is aborted before it starts saves its first state and makes no step', async () => {
  const definition = runOf(vae, grey, onnx.create(), {
    options: small,
    training: { batchSize: 10 },
    signal: AbortSignal.abort(),
  });
  const events = await collect(new Training(definition));
  expect(events.map(({ kind }) => kind)).toEqual(['start', 'checkpoint', 'finish']);
});

test('a reader that leaves early ends the run and leaves the engine usable', async () => {
  const training = start({ steps: 1e6, evaluateEvery: 5 });
  for await (const event of training) if (event.kind === 'evaluation') break;
  expect((await training.model.encode(grey.samples)).mean.length).toBe(80);
});

test('between two events nothing moves', async () => {
  const training = start({ steps: 1e6, evaluateEvery: 5 });
  for await (const event of training) {
    if (event.kind !== 'checkpoint') continue;
    const before = await weightsOf(training);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await weightsOf(training)).toEqual(before);
    break;
  }
});

test('free bits are paid and the KL itself is what records show', async () => {
  const run = (freeBits: number) => finished(start({ steps: 1, freeBits }));
  const [plain, free] = [(await run(0)).history[0], (await run(50)).history[0]];
  expect(free.terms.kl).toBeCloseTo(plain.terms.kl, 6);
  expect(free.objective).toBeCloseTo(free.terms.reconstruction + 100, 3);
});

test('what cannot be trained is refused before anything is compiled', () => {
  expect(() => start({ batchSize: 41 })).toThrow(
    'batchSize: a batch of 41 is larger than the 40 training samples',
  );
  const unlabelled = toy(numericTable(2), new Array(40).fill(0));
  expect(() => new Training(runOf(cvae, unlabelled, onnx.create(), { training: { batchSize: 4 } }))).toThrow(
    'data: cvae is conditioned on classes',
  );
  expect(
    () => new Training(runOf(ae, unlabelled, onnx.create(), { training: { batchSize: 4, freeBits: 1 } })),
  ).toThrow('freeBits: has no effect');
});
