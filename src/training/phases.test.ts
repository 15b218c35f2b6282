import { describe, expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, runOf, toy } from '../conformance/models.js';
import { adversarial, criticised, staged } from '../conformance/phasedSystems.js';
import { evaluate, initialValues, type Values } from '../engine/index.js';
import { filled, VariableTable } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { type Phase, type Stage, type System, stage, system, together } from '../systems/index.js';
import { input, randomNormal, substitute, type Tensor, topologicalOrder } from '../tensor/index.js';
import {
  type Checkpoint,
  phaseGradients,
  Training,
  type TrainingEvent,
  trainingOptions,
  trainingStages,
  type Variables,
} from './index.js';

const BATCH = 8;
const values = new RandomStream(1, 'toy').normal(new Float32Array(40 * 3));
const data = toy(numericTable(3), values);
const options = { hidden: [6], latent: 2 };

// The last one is the native engine where it was built, and otherwise what stands for it.
const [native] = engines.slice(-1);
const some = [...engines.slice(0, 2), native];

const plain = { batchSize: BATCH, optimizer: 'sgd', clip: 0, learningRate: 0.1, steps: 6, patience: 0 };

/** Weights after one step of plain gradient descent, each phase with a program of its own. */
function byHand(toyOf: System): Map<string, Values> {
  const table = new VariableTable();
  const scope = table.scope({ training: true });
  const model = toyOf.build(data.data, optionsOf(toyOf, options), scope);
  const [{ phases, order }] = model.stages ?? [];
  const count = model.secondBatch ? 2 * BATCH : BATCH;
  const all = input('x', [count, 3]);
  const x = all.sliceAlong(0, 0, BATCH);
  const batch = model.secondBatch ? { x, second: { x: all.sliceAlong(0, BATCH, count) } } : { x };
  const gradients = phases.map((phase) => phaseGradients(phase, batch, scope).gradients);
  const weights: Record<string, Values> = Object.fromEntries(initialValues(table.variables.values(), 0));
  const start = { ...weights };
  phases.forEach(({ name, optimizer }, i) => {
    const wanted = [...gradients[i].values()];
    const own = order === 'inTurn' && i > 0 ? withOwnNoise(wanted, name) : wanted;
    const now = order === 'inTurn' ? { ...weights } : start;
    const results = evaluate(own, { values: { x: values.slice(0, 3 * count), ...now }, seed: 0, step: 0 });
    [...gradients[i].keys()].forEach((weight, k) => {
      const rate = optimizer?.learningRate ?? plain.learningRate;
      weights[weight.name] = Float64Array.from(now[weight.name], (w, j) => w - rate * results[k][j]);
    });
  });
  return new Map(Object.entries(weights));
}

function withOwnNoise(roots: readonly Tensor[], phase: string): Tensor[] {
  const renamed = topologicalOrder(roots)
    .filter((node) => node.is('random'))
    .map((node): [Tensor, Tensor] => {
      return [node, randomNormal(`${node.attributes.stream}/${phase}`, node.shape)];
    });
  return substitute(roots, new Map(renamed));
}

describe.each(some)('on $name', ({ name, create }) => {
  // The reference engine computes in float64, but gives variables as float32.
  const tolerance = name === 'reference' ? 6e-8 : 1e-5;

  test.each([
    ['together, all phases start from the same weights and draws', criticised],
    ['in turn, each phase sees the updates before it, with noise of its own', adversarial],
  ])('%s', async (_, toyOf) => {
    const definition = runOf(toyOf, data, create(), { options, training: { ...plain, steps: 1 } });
    await new Training({ ...definition, validation: undefined }).finish();
    const expected = byHand(toyOf);
    const actual = await definition.engine.variables.read(expected.keys());
    for (const [variable, wanted] of expected) {
      const got = actual.get(variable) ?? [];
      wanted.forEach((value, i) => {
        expect(Math.abs(got[i] - value), variable).toBeLessThanOrEqual(
          tolerance * Math.max(1, Math.abs(value)),
        );
      });
    }
  });
});

/** Weights after each checkpoint of a run that has one after every step. */
async function statesOf(given: Record<string, unknown>, training: Record<string, unknown> = {}) {
  const definition = runOf(staged, data, engines[0].create(), {
    options: given,
    training: { ...plain, optimizer: 'adam', steps: 24, checkpointEvery: 1, ...training },
  });
  const states: Variables[] = [];
  for await (const event of new Training(definition))
    if (event.kind === 'checkpoint') states.push(event.variables);
  return (name: string, step: number) => Array.from(states[step - 1].get(name) ?? []);
}

test('a stage moves what its phases move and leaves everything else as it is, bit for bit', async () => {
  const at = await statesOf({});
  for (const [still, moving, from, to] of [
    ['outer.weight', 'inner.weight', 1, 6],
    ['inner.weight', 'outer.weight', 7, 16],
  ] as const) {
    expect(at(still, to)).toEqual(at(still, from));
    expect(at(moving, to)).not.toEqual(at(moving, from));
  }
  for (const weight of ['inner.weight', 'outer.weight']) expect(at(weight, 24)).not.toEqual(at(weight, 17));
});

test('each phase counts its own updates and has its own moments', async () => {
  const at = await statesOf({});
  expect(
    ['optimizer.count', 'optimizer.outer.count', 'optimizer.both.count'].map((name) => at(name, 24)),
  ).toEqual([[6], [10], [8]]);
  expect(at('optimizer.m.inner.weight', 24)).toEqual(at('optimizer.m.inner.weight', 6));
  expect(at('optimizer.m.inner.weight', 24)).not.toEqual(at('optimizer.both.m.inner.weight', 24));
});

test('a phase that comes every third step makes an update at the first and rests at the others, moments and averages too', async () => {
  const at = await statesOf({ every: 3 }, { averageWeights: 0.9 });
  const kept = [
    'outer.weight',
    'optimizer.outer.m.outer.weight',
    'optimizer.outer.count',
    'average.outer.weight',
  ];
  for (let step = 8; step <= 16; step++) {
    for (const name of kept) {
      const isSame = JSON.stringify(at(name, step)) === JSON.stringify(at(name, step - 1));
      expect(isSame, `${name} after step ${step}`).toBe(step % 3 !== 1);
    }
  }
  expect(at('optimizer.outer.count', 16)).toEqual([4]);
});

test('a phase makes no update while `when` is false', async () => {
  const at = await statesOf({ from: 12 });
  expect(at('outer.weight', 12)).toEqual(at('outer.weight', 6));
  expect(at('optimizer.outer.count', 12)).toEqual([0]);
  expect(at('optimizer.outer.count', 16)).toEqual([4]);
});

test('records name the terms of later phases behind their phase, with norm, rate and share', async () => {
  const training = new Training(
    runOf(criticised, data, engines[0].create(), { options, training: { ...plain, optimizer: 'adam' } }),
  );
  await training.finish();
  const [record] = training.history;
  expect(Object.keys(record.terms)).toEqual([
    'reconstruction',
    'kl',
    'totalCorrelation',
    'discriminator.classification',
  ]);
  expect(record.phases).toEqual({
    discriminator: { gradientNorm: expect.any(Number), learningRate: 3e-3, share: 1 },
  });
  expect(record.phases?.discriminator.gradientNorm).toBeGreaterThan(0);
  expect(record.learningRate).toBe(0.1);
});

test('a stage has records of its own, with the terms that it has', async () => {
  const training = new Training(
    runOf(staged, data, engines[0].create(), { options: { every: 2 }, training: { ...plain, steps: 1200 } }),
  );
  await training.finish();
  expect(training.history.map(({ step }) => step)).toContain(300);
  expect(training.history.every(({ step }) => step % 3 === 0 || step === 310)).toBe(true);
});

test('no weights are the best before the last stage begins', async () => {
  const definition = runOf(staged, data, engines[0].create(), {
    training: { ...plain, learningRate: 0.01, steps: 40, evaluateEvery: 2 },
  });
  const best: number[] = [];
  for await (const event of new Training(definition)) if (event.kind === 'best') best.push(event.step);
  expect(Math.min(...best)).toBe(20);
});

describe(`on ${native.name}`, () => {
  /** Everything that a checkpoint must carry, over the ends of stages. */
  const training = {
    batchSize: BATCH,
    steps: 40,
    evaluateEvery: 5,
    averageWeights: 0.9,
    schedule: 'cosine',
    learningRate: 0.01,
    patience: 0,
  };

  async function run(toyOf: System, resume?: Checkpoint & { bestWeights?: Variables }, until = Number.NaN) {
    const definition = runOf(toyOf, data, native.create(), {
      options: toyOf === staged ? { every: 2 } : options,
      training,
      resume,
    });
    const run = new Training(definition);
    await run.prepare();
    const events: TrainingEvent[] = [];
    for await (const event of run) {
      events.push(event);
      if (event.kind === 'checkpoint' && event.progress.step === until) break;
    }
    const weights = await definition.engine.variables.read(run.model.runner.table.variables.keys());
    return { events, weights };
  }

  const told = (events: readonly TrainingEvent[]) =>
    events
      .filter(({ kind }) => ['metrics', 'evaluation', 'best', 'checkpoint'].includes(kind))
      .map((event) => ('samplesPerSecond' in event ? { ...event, samplesPerSecond: 0 } : event));

  test.each([criticised, adversarial, staged].map((each) => [each.name, each] as const))(
    'a run of the %s toy that was killed and resumed ends as one that never stopped, bit for bit',
    async (_, toyOf) => {
      const whole = await run(toyOf);
      for (const killedAt of [10, 15]) {
        const cut = await run(toyOf, undefined, killedAt);
        const checkpoint = cut.events.at(-1);
        if (checkpoint?.kind !== 'checkpoint') throw new Error('the run was to stop at a checkpoint');
        const best = cut.events.findLast((event) => event.kind === 'best');
        const resumed = await run(toyOf, structuredClone({ ...checkpoint, bestWeights: best?.weights }));
        expect(resumed.weights).toEqual(whole.weights);
        expect([...told(cut.events), ...told(resumed.events)]).toEqual(told(whole.events));
      }
    },
  );
});

describe('what cannot be trained is refused in words', () => {
  const phase = (name: string, moves = true): Phase => ({
    name,
    moves: () => moves,
    objective: () => ({ loss: weight.sum() }),
  });
  const weight = new VariableTable().scope({ training: true }).variable('w', [3], filled(1));
  const of = (stages: readonly Stage[]) => () =>
    trainingStages({
      system: system({
        ...staged,
        build: (description, given, scope) => {
          scope.variable('w', [3], filled(1));
          return { ...staged.build(description, given, scope), stages };
        },
      }),
      options: optionsOf(staged),
      data: data.data,
      training: trainingOptions.parse({ ...plain, steps: 3 }),
      totalSteps: 3,
      table: new VariableTable(),
    });

  test('two phases of one name', () => {
    expect(of([stage('a', 1, phase('p')), stage('b', undefined, phase('p'))])).toThrow(
      "two phases are called 'p'; their moments would be one",
    );
  });

  test('two phases together that move one variable', () => {
    expect(of([together(phase('p'), phase('q'))])).toThrow(
      'q and a phase before it both move w; take them in turn, or let one of them move it',
    );
  });

  test('a phase that moves nothing', () => {
    expect(of([together(phase('p', false))])).toThrow('the phase p moves no variable that there is');
  });
});
