/** First values of variables that depend on the data, such as codebooks: what an untrained model makes of some samples. */
import { drawsOf } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import type { VariableTable } from '../nn/index.js';
import type { Variables } from './events.js';
import type { TrainingDefinition } from './training.js';

/** Batches to observe, at most; fewer where these make more numbers than are worth keeping. */
const MOST_BATCHES = 16;
const ENOUGH_NUMBERS = 2 ** 22;

/**
 * What a model's `start` makes of the first batches, by variable; nothing where it has no `start`. The engine holds the
 * initial weights.
 *
 * @param table   variables of all builds of the model
 * @param initial what they hold
 */
export async function startValues(
  definition: Pick<
    TrainingDefinition,
    'system' | 'options' | 'data' | 'engine' | 'training' | 'trainingSamples' | 'signal'
  >,
  table: VariableTable,
  initial: Variables,
): Promise<Map<string, Float32Array>> {
  const { data, engine, training, trainingSamples, signal } = definition;
  const { batchSize, seed } = training;
  const runner = new ModelRunner({ ...definition, engine, table });
  let { start } = runner.build();
  if (!start) return new Map();
  const parts: Record<string, Float32Array[]> = {};
  let numbers = 0;
  try {
    const batches = Math.min(MOST_BATCHES, Math.ceil(data.size / batchSize));
    for (let batch = 0; batch < batches && numbers < ENOUGH_NUMBERS; batch++) {
      const samples = await trainingSamples.read(batch * batchSize, batchSize);
      const rows = await runner.mapSamples(
        'start',
        samples,
        (given, { model }) => {
          start = model.start;
          return start?.observe(given) ?? {};
        },
        { seed, firstStep: batch, isObserved: true, signal },
      );
      for (const [name, values] of Object.entries(rows)) {
        parts[name] ??= [];
        parts[name].push(values);
        numbers += values.length;
      }
    }
  } finally {
    await runner.dispose();
  }
  const observed = Object.fromEntries(Object.entries(parts).map(([name, each]) => [name, joined(each)]));
  const values = start.initialise(observed, drawsOf(seed, 'start'), ({ name }) => {
    const value = initial.get(name);
    if (!(value instanceof Float32Array)) throw new Error(`start: variable '${name}' has no initial weights`);
    return value;
  });
  return new Map(Array.from(values, ([{ name }, value]) => [name, value]));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
