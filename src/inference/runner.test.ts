import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, type Toy, toy } from '../conformance/models.js';
import { type Engine, ReferenceEngine } from '../engine/index.js';
import { cvae, vae } from '../systems/index.js';
import { constant, randomNormal, type Tensor, Variable } from '../tensor/index.js';
import { ModelRunner, type RunnerSettings } from './index.js';

const rows = (count: number, classes = 0): Toy =>
  toy(
    numericTable(2),
    Array.from({ length: 2 * count }, (_, i) => i),
    classes > 0 ? Array.from({ length: count }, (_, i) => i % classes) : undefined,
  );

/** An engine that counts what it compiles and runs. */
class CountingEngine extends ReferenceEngine {
  compiled = 0;
  readonly sizes: number[] = [];
  disposed = 0;

  override async compile(...args: Parameters<Engine['compile']>) {
    const executable = await super.compile(...args);
    this.compiled++;
    return {
      run: (...given: Parameters<typeof executable.run>) => {
        this.sizes.push((given[0]?.x?.length ?? 0) / 2);
        return executable.run(...given);
      },
      dispose: async () => {
        this.disposed++;
        await executable.dispose();
      },
    };
  }
}

const runnerOf = (data: Toy, engine: Engine = new CountingEngine(), rest: Partial<RunnerSettings> = {}) =>
  new ModelRunner({ system: vae, data: data.data, options: optionsOf(vae, { latent: 2 }), engine, ...rest });

const sums = (runner: ModelRunner, { samples }: Toy) =>
  runner.mapSamples('sum', samples, ({ x }) => ({ sum: x.sum(-1), first: x.sliceAlong(1, 0, 1) }));

test('a function of batches is applied to every sample, in order, whatever their number', async () => {
  for (const { create } of engines) {
    const engine = create();
    for (const count of [1, 2, 31, 32, 33, 255, 256, 257, 600]) {
      const { sum, first } = await sums(runnerOf(rows(count), engine), rows(count));
      expect(Array.from(sum)).toEqual(Array.from({ length: count }, (_, i) => 4 * i + 1));
      expect(Array.from(first)).toEqual(Array.from({ length: count }, (_, i) => 2 * i));
    }
  }
});

test('no samples give no rows', async () => {
  expect(await sums(runnerOf(rows(1)), { ...rows(1), samples: { x: new Float32Array() } })).toEqual({
    sum: new Float32Array(),
    first: new Float32Array(),
  });
});

test('samples go in batches of a few sizes, and the last one is filled up', async () => {
  const engine = new CountingEngine();
  const runner = runnerOf(rows(600), engine);
  await sums(runner, rows(600));
  expect(engine.sizes).toEqual([256, 256, 256]);
  await sums(runner, rows(40));
  expect(engine.sizes.slice(3)).toEqual([16, 16, 16]);
});

test('large samples go in small batches, so that memory does not grow with them', async () => {
  const wide = toy(numericTable(2 ** 13), new Array<number>(2 ** 13 * 20).fill(1));
  const engine = new CountingEngine();
  await sums(runnerOf(wide, engine), wide);
  expect(engine.sizes.map((size) => size / 2 ** 12)).toEqual([16, 16]);
});

test('a function is compiled once for each size, and forgotten when the runner is disposed of', async () => {
  const engine = new CountingEngine();
  const runner = runnerOf(rows(600), engine);
  for (let i = 0; i < 3; i++) await sums(runner, rows(600));
  expect(engine.compiled).toBe(1);
  await sums(runner, rows(3));
  expect(engine.compiled).toBe(2);
  await runner.dispose();
  expect(engine.disposed).toBe(2);
  await sums(runner, rows(3));
  expect(engine.compiled).toBe(3);
});

test('every batch has noise of its own, by the seed and its number', async () => {
  const draw = (count: number, seed: number, firstStep = 0) =>
    runnerOf(rows(1)).generate(
      'draw',
      count,
      undefined,
      (_, { size }) => ({ z: randomNormal('z', [size]) }),
      { seed, firstStep },
    );
  const { z } = await draw(512, 1);
  expect(new Set(z).size).toBeGreaterThan(500);
  expect((await draw(512, 1)).z).toEqual(z);
  expect((await draw(512, 2)).z).not.toEqual(z);
  expect((await draw(256, 1, 1)).z).toEqual(z.slice(256));
});

test('classes come with samples, codes and draws', async () => {
  const data = rows(40, 3);
  const runner = runnerOf(data);
  const expected = Float32Array.from({ length: 40 }, (_, i) => i % 3);
  const labels = Int32Array.from(expected);
  const asFloat = (y: Tensor | undefined) => ({ y: labelOf(y) });
  expect((await runner.mapSamples('labels', data.samples, (batch) => asFloat(batch.labels))).y).toEqual(
    expected,
  );
  const codes = { values: new Float32Array(80), shape: [2], labels };
  expect((await runner.mapCodes('labels of codes', codes, (_, y) => asFloat(y))).y).toEqual(expected);
  expect((await runner.generate('labels of draws', 40, labels, asFloat)).y).toEqual(expected);
});

function labelOf(labels: Tensor | undefined) {
  if (!labels) throw new Error('there are no classes');
  return labels.cast('float32');
}

test('classes are left out where the data have none, and where they are not given', async () => {
  const { samples } = rows(4, 2);
  const seen = async (data: Toy, given: Toy['samples']) => {
    const { yes } = await runnerOf(data).mapSamples('has labels', given, ({ x, labels }) => ({
      yes: x
        .sum(-1)
        .mul(0)
        .add(Number(labels !== undefined)),
    }));
    return yes[0];
  };
  expect(await seen(rows(4), samples)).toBe(0);
  expect(await seen(rows(4, 2), { x: samples.x })).toBe(0);
  expect(await seen(rows(4, 2), samples)).toBe(1);
});

test('a class that does not exist, and numbers that do not divide into samples, are refused', async () => {
  const runner = runnerOf(rows(4, 2));
  const draw = (...labels: number[]) =>
    runner.generate('draw', labels.length, Int32Array.from(labels), () => ({}));
  await expect(draw(0, 2)).rejects.toThrow('labels: there is no class 2; classes are 0 to 1');
  await expect(draw(-2)).rejects.toThrow('labels: there is no class -2');
  await expect(runner.mapSamples('encode', { x: new Float32Array(7) }, () => ({}))).rejects.toThrow(
    'encode: 7 values do not divide into rows of shape [2]',
  );
  await expect(runner.generate('sample', 3, Int32Array.of(0, 1), () => ({}))).rejects.toThrow(
    'sample: there are 2 labels for 3 samples',
  );
});

test('a class that is not known is refused by systems that are told it, and by no others', async () => {
  const unknown = Int32Array.of(0, -1);
  const see = (runner: ModelRunner) =>
    runner.generate('labels', 2, unknown, (labels) => ({ seen: labels ?? constant([0, 0]) }));
  expect([...(await see(runnerOf(rows(4, 2)))).seen]).toEqual([0, -1]);
  const conditional = { system: cvae, options: optionsOf(cvae, { latent: 2 }) };
  await expect(see(runnerOf(rows(4, 2), undefined, conditional))).rejects.toThrow(
    'labels: cvae is conditioned on the class of each sample, and that of some is not known; leave those samples out',
  );
});

test('variables may be read in the place of others', async () => {
  const [own, other] = ['own', 'other'].map((name) => new Variable(name, [], () => [0]));
  const engine = new ReferenceEngine();
  await engine.variables.write(
    new Map([
      ['own', Float32Array.of(1)],
      ['other', Float32Array.of(5)],
    ]),
  );
  const values = async (replacements?: ReadonlyMap<Variable, Variable>) => {
    const runner = runnerOf(rows(2), engine, { replacements });
    return (await runner.mapSamples('plus', rows(2).samples, ({ x }) => ({ y: x.sum(-1).mul(0).add(own) })))
      .y;
  };
  expect(await values()).toEqual(Float32Array.of(1, 1));
  expect(await values(new Map([[own, other]]))).toEqual(Float32Array.of(5, 5));
});

test('work can be called off between batches', async () => {
  const runner = runnerOf(rows(600));
  const f = ({ x }: { x: Tensor }) => ({ x });
  await expect(runner.mapSamples('x', rows(600).samples, f, { signal: AbortSignal.abort() })).rejects.toThrow(
    /abort/i,
  );
});
