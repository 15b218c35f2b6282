/** Every registered system through everything that tools do with a model, on small data, fast. */
import { describe, expect, test } from 'vitest';
import type { Samples } from '../data/index.js';
import { evaluate, measure } from '../evaluation/index.js';
import { exportModels } from '../inference/index.js';
import { VariableTable } from '../nn/index.js';
import { type System, systems } from '../systems/index.js';
import { input, sizeOf } from '../tensor/index.js';
import { type Checkpoint, phaseGradients, Training } from '../training/index.js';
import { engines } from './engines.js';
import { optionsOf, runOf, type Toy } from './models.js';
import { cases, optionsFor } from './smallSystems.js';

/** The native engine where it was built, and otherwise what stands for it. */
const [native] = engines.slice(-1);
const BATCH = 64;

test('every system takes some data', () => {
  for (const { name } of systems)
    expect(
      cases.some(([, system]) => system.name === name),
      name,
    ).toBe(true);
});

const training = { batchSize: BATCH, steps: 6, checkpointEvery: 1, evaluateEvery: 6, patience: 0 };

async function trained(system: System, given: Toy, resume?: Checkpoint) {
  const definition = runOf(system, given, native.create(), {
    options: optionsFor(system),
    training,
    ...(resume ? { resume } : {}),
  });
  const run = new Training(definition);
  const checkpoints: Checkpoint[] = [];
  let skipped = 0;
  for await (const event of run) {
    if (event.kind === 'checkpoint') checkpoints.push(event);
    if (event.kind === 'metrics') skipped = event.skipped;
  }
  return { definition, model: run.model, checkpoints, skipped };
}

const areFinite = (values: Float32Array) => values.every(Number.isFinite);

describe.each(cases)('%s', (_, system, given) => {
  test('trains, and goes on from a checkpoint, to the same bits', async () => {
    const { checkpoints, skipped } = await trained(system, given);
    expect(skipped).toBe(0);
    expect(checkpoints.map(({ progress }) => progress.step)).toEqual([1, 2, 3, 4, 5, 6]);
    const resumed = await trained(system, given, structuredClone(checkpoints[2]));
    expect(resumed.checkpoints.at(-1)?.variables).toEqual(checkpoints[5].variables);
  });

  test('encodes and samples or says why not, reconstructs, scores, traverses, evaluates and exports', async () => {
    const { model, definition } = await trained(system, given);
    const { codeShape } = model;
    const some: Samples = await given.source.read(0, 5);
    const { canEncode } = model;
    const codes = canEncode ? (await model.encode(some)).mean : (await model.sample(5)).codes;
    expect(codes.length).toBe(5 * sizeOf(codeShape));
    const decoded = [await model.decode(codes, { labels: some.labels })];
    if (canEncode) {
      expect((await model.encode(some, { seed: 2 })).mean).toEqual(codes);
      decoded.push(await model.reconstruct(some));
    } else
      for (const call of [model.encode(some), model.reconstruct(some)])
        await expect(call).rejects.toThrow('only makes new samples; it has no encoder');
    for (const x of decoded) {
      expect(x.length).toBe(5 * sizeOf(given.data.spec.shape));
      expect(areFinite(x)).toBe(true);
    }
    expect((await model.score(some)).length).toBe(5);
    const code = codes.slice(0, sizeOf(codeShape));
    const traversed = model.traverse(code, [0], [[-1, 0, 1]]);
    const classes = some.labels && new Int32Array(3);
    expect(areFinite(await model.decode(traversed, { labels: classes }))).toBe(true);
    if (model.canSample) expect(areFinite((await model.sample(5, { labels: some.labels })).x)).toBe(true);
    else await expect(model.sample(5)).rejects.toThrow('has no prior over its codes');
    const evaluation = await evaluate(model.runner, given.source, { batchSize: BATCH });
    expect(Number.isFinite(evaluation.loss)).toBe(true);
    expect(Number.isFinite(evaluation.objective)).toBe(true);
    const { source } = given;
    const { engine } = definition;
    const { metrics } = await measure({
      runner: model.runner,
      engine,
      source,
      training: source,
      draws: 3,
      limit: 5,
    });
    for (const { name, value, reason } of metrics)
      expect(value === null ? reason !== undefined : Number.isFinite(value), name).toBe(true);
    const files = await exportModels(model.runner);
    expect(files.map(({ name }) => name)).toEqual([
      ...(canEncode ? ['encoder'] : []),
      'decoder',
      ...(model.canSample ? ['sampler'] : []),
    ]);
    await model.runner.dispose();
    await definition.engine.dispose();
  });

  test('each phase moves something, and together they move all that is trained', () => {
    const { data } = given;
    const options = optionsOf(system, optionsFor(system));
    const scope = new VariableTable().scope({ training: true });
    const model = system.build(data, options, scope);
    const batch = (name: string) => ({
      x: data.toModel(input(name, [BATCH, ...data.spec.shape], data.spec.dtype)),
      ...(given.data.classes > 0 ? { labels: input(`${name} labels`, [BATCH], 'int32') } : {}),
    });
    const whole = { name: 'training', moves: () => true, objective: model.objective.bind(model) };
    const stages = model.stages ?? [{ order: 'together', phases: [whole] }];
    const ever = new Set<string>();
    for (const { phases, order } of stages) {
      const here = new Set<string>();
      for (const phase of phases) {
        const both = { ...batch('x'), ...(model.secondBatch ? { second: batch('second') } : {}) };
        const { gradients } = phaseGradients(phase, both, scope);
        expect(gradients.size, phase.name).toBeGreaterThan(0);
        for (const { name } of gradients.keys()) {
          if (order === 'together') expect(here, `${phase.name} moves ${name}`).not.toContain(name);
          here.add(name);
          ever.add(name);
        }
      }
    }
    const names = scope.variables.filter(({ trainable }) => trainable).map(({ name }) => name);
    expect(names.filter((name) => !ever.has(name))).toEqual([]);
  });
});
