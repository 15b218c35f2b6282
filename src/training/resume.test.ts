import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { pictures, runOf, toy } from '../conformance/models.js';
import { RandomStream } from '../random/index.js';
import { vae } from '../systems/index.js';
import { type Checkpoint, Training, type TrainingEvent, type Variables } from './index.js';

const [reference, onnx] = engines;
const data = toy(
  pictures(4, 4, 1),
  new RandomStream(1, 'toy').words(new Uint32Array(40 * 16)).map((word) => word % 256),
);

/** Everything that a checkpoint must carry: moments, averages, running statistics, clipping, warm-up, patience. */
const options = { hidden: [8], latent: 2, normalisation: 'batch', dropout: 0.1, likelihood: 'gaussian' };
const training = {
  batchSize: 10,
  steps: 60,
  evaluateEvery: 6,
  checkpointEvery: 10,
  averageWeights: 0.9,
  schedule: 'cosine',
  warmup: 5,
  klWarmup: 12,
  learningRate: 0.02,
  patience: 4,
};

interface Outcome {
  events: TrainingEvent[];
  weights: Variables;
}

async function run(
  engine: (typeof engines)[number],
  {
    resume,
    until,
  }: { resume?: Checkpoint & { bestWeights?: Variables }; until?: (event: TrainingEvent) => boolean } = {},
): Promise<Outcome> {
  const definition = runOf(vae, data, engine.create(), { options, training, resume });
  const run = new Training(definition);
  const events: TrainingEvent[] = [];
  for await (const event of run) {
    events.push(event);
    if (until?.(event)) break;
  }
  const { table } = run.model.runner;
  return { events, weights: await definition.engine.variables.read(table.variables.keys()) };
}

/** What was told, without the clock's part in it. */
const told = (events: readonly TrainingEvent[]) =>
  events
    .filter(
      ({ kind }) => kind === 'metrics' || kind === 'evaluation' || kind === 'best' || kind === 'checkpoint',
    )
    .map((event) => ('samplesPerSecond' in event ? { ...event, samplesPerSecond: 0 } : event));

for (const engine of [reference, onnx]) {
  test(`a run that was killed and resumed ends as one that never stopped, bit for bit, on ${engine.name}`, async () => {
    const whole = await run(engine);
    for (const killedAt of [10, 20, 30]) {
      const cut = await run(engine, {
        until: (event) => event.kind === 'checkpoint' && event.progress.step === killedAt,
      });
      const checkpoint = cut.events.at(-1);
      if (checkpoint?.kind !== 'checkpoint') throw new Error('the run was to stop at a checkpoint');
      // As through a file: nothing is shared with the run before.
      const best = cut.events.findLast((event) => event.kind === 'best');
      const resume = structuredClone({ ...checkpoint, bestWeights: best?.weights });
      const resumed = await run(engine, { resume });
      expect(resumed.events[0]).toMatchObject({ kind: 'start', firstStep: killedAt });
      // The reference engine computes in float64 and saves float32.
      if (engine === onnx) {
        expect(resumed.weights).toEqual(whole.weights);
        expect([...told(cut.events), ...told(resumed.events)]).toEqual(told(whole.events));
        expect(resumed.events.at(-1)).toMatchObject({
          kind: 'finish',
          step: whole.events.flatMap((e) => (e.kind === 'finish' ? e.step : [])).at(0),
        });
      } else {
        for (const [name, values] of whole.weights)
          values.forEach((value, i) => {
            expect(Math.abs(value - (resumed.weights.get(name)?.[i] ?? NaN))).toBeLessThan(1e-4);
          });
      }
    }
  });
}
