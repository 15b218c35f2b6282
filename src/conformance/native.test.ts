/** What the native engine promises beyond the suites that it shares with other engines. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { initialValues } from '../engine/index.js';
import { NativeEngine } from '../engine/native/engine.js';
import { benchCases } from '../node/bench/cases.js';
import { buildStep } from '../node/bench/measure.js';
import { AddonRunner } from '../node/native.js';
import type { TensorData } from '../tensor/index.js';
import { resultOf, SHORT, temporaryFolder } from './commandLine.js';
import { nativeSets } from './engines.js';
import { lastCheckpoints } from './runFiles.js';

const root = await temporaryFolder('native');
const STEPS = 3;
const SEED = 4;

interface TrainingRequest {
  readonly threads: number;
  readonly instructionSet?: string;
  /** Steps that each engine makes before the next one takes its variables over. */
  readonly cuts?: readonly number[];
}

/** Trains a benchmark case for a few steps, and gives losses and hashes of the variables. */
async function train(name: string, { threads, instructionSet, cuts = [STEPS] }: TrainingRequest) {
  const bench = benchCases.find((each) => each.name === name);
  if (!bench) throw new Error(`there is no case ${name}`);
  const { training, step } = buildStep(bench);
  const samples = bench.samples(STEPS * training.batchSize);
  let variables: ReadonlyMap<string, TensorData> = initialValues(step.state, SEED);
  const losses: number[] = [];
  for (const steps of cuts) {
    const engine = new NativeEngine(new AddonRunner({ threads, instructionSet }));
    await engine.variables.write(variables);
    const executable = await engine.compile(step.program);
    const firstStep = losses.length;
    const part = (all: TensorData) => {
      const each = all.length / STEPS;
      return all.subarray(firstStep * each, (firstStep + steps) * each);
    };
    const feeds = Object.fromEntries(Object.entries(samples).map(([port, all]) => [port, part(all)]));
    const { objective } = await executable.run(feeds, { steps, firstStep, seed: SEED });
    losses.push(...objective);
    variables = await engine.variables.read(variables.keys());
    await engine.dispose();
  }
  const hashes = Array.from(variables, ([variable, values]) => [variable, hashOf(values)]);
  return { losses, variables: Object.fromEntries(hashes) };
}

const hashOf = (values: TensorData) => createHash('sha256').update(values).digest('hex');

const cases = benchCases.map(({ name }) => name);

describe.skipIf(nativeSets.length === 0)('the native engine', () => {
  test.each(cases)('trains %s to the same bits on 1, 2 and 3 threads', async (name) => {
    const alone = await train(name, { threads: 1 });
    expect(alone.losses.every(Number.isFinite)).toBe(true);
    for (const threads of [2, 3]) expect(await train(name, { threads })).toEqual(alone);
  });

  test.each(nativeSets)('trains to the same bits on 1 and 3 threads for %s', async (instructionSet) => {
    for (const name of ['mlp-vae', 'conv-vae-64']) {
      const alone = await train(name, { threads: 1, instructionSet });
      expect(await train(name, { threads: 3, instructionSet })).toEqual(alone);
    }
  });

  test.each(['mlp-vae', 'conv-vae-64'])(
    'that goes on with %s from what another has left ends with the same bits',
    async (name) => {
      const whole = await train(name, { threads: 2 });
      expect(await train(name, { threads: 2, cuts: [1, 2] })).toEqual(whole);
    },
  );

  test('makes two trainings at once in one process as it makes each alone', async () => {
    const names = ['mlp-vae', 'conv-vae-64'];
    const together = await Promise.all(names.map((name) => train(name, { threads: 2 })));
    for (const [i, name] of names.entries()) expect(await train(name, { threads: 2 })).toEqual(together[i]);
  });

  test('makes two trainings at once in two processes as it makes each alone', async () => {
    const words = ['train', 'vae', '--engine', 'native', '--data', 'glyphs', '--size', '200', ...SHORT];
    const run = (name: string) => resultOf(root, [...words, '--out', name]);
    await Promise.all(['one', 'two'].map(run));
    await run('alone');
    for (const name of ['one', 'two'])
      expect(lastCheckpoints(`${root}/${name}`)).toEqual(lastCheckpoints(`${root}/alone`));
  });

  test('refuses damaged plans, or runs what is a plan still, and never crashes', async () => {
    const program = fileURLToPath(new URL('./damagedPlans.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    const { refused, run } = JSON.parse(stdout);
    expect(refused).toBeGreaterThan(1000);
    expect(run).toBeGreaterThan(1000);
  });
});
