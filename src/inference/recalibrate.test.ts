import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, pictures, toy } from '../conformance/models.js';
import { initialValues, type Values } from '../engine/index.js';
import { aae, ae, nvae, type System, vae } from '../systems/index.js';
import { zeros } from '../tensor/index.js';
import { ModelRunner, recalibrate, TrainedModel } from './index.js';

const table = toy(numericTable(3), new Float32Array(30));
const picture = toy(pictures(4, 4, 1), new Uint8Array(160));

async function runnerOf(
  system: System,
  { data }: typeof table,
  given: Record<string, unknown>,
  engine = engines[0],
) {
  const runner = new ModelRunner({
    system,
    options: optionsOf(system, given),
    data,
    engine: engine.create(),
  });
  const scope = runner.table.scope({ training: true });
  const model = system.build(data, runner.settings.options, scope);
  // Every layer runs once, so that every variable is there.
  const code = model.encode({ x: data.toModel(zeros([2, ...data.spec.shape], data.spec.dtype)) });
  model.decode(code);
  const { variables } = runner.settings.engine;
  await variables.write(initialValues(scope.variables, 1));
  const read = async (): Promise<ReadonlyMap<string, Values>> =>
    variables.read(scope.variables.map(({ name }) => name));
  return { runner, read };
}

test('a layer after a linear map of the code has the variance of that map, and the encoder keeps its own', async () => {
  for (const engine of engines.slice(0, 2)) {
    const given = { architecture: 'mlp', hidden: [4], latent: 2, normalisation: 'batch' };
    const { runner, read } = await runnerOf(vae, table, given, engine);
    const before = await read();
    const restore = await recalibrate(runner, { batchSize: 500 });
    const after = await read();
    // z ~ N(0, I), h = W z: mean 0 and variance Σ_i W_ij².
    const weight = Array.from(after.get('decoder.0.weight') ?? []);
    for (let j = 0; j < 4; j++) {
      const variance = weight[j] ** 2 + weight[4 + j] ** 2;
      // The running average looks back over about twenty batches.
      expect(Math.abs((after.get('decoder.1.variance')?.[j] ?? 0) / variance - 1)).toBeLessThan(0.1);
      expect(Math.abs(after.get('decoder.1.mean')?.[j] ?? 1)).toBeLessThan(0.1 * Math.sqrt(variance));
    }
    const changed = [...after].filter(([name, values]) => String(values) !== String(before.get(name)));
    expect(changed.map(([name]) => name)).toEqual(['decoder.1.mean', 'decoder.1.variance']);
    await restore();
    expect(await read()).toEqual(before);
  }
});

test('of NVAE, the statistics of the way down are looked at and no vectors of power iterations are moved', async () => {
  const given = { channels: 4, latentChannels: 1, halvings: 1, scales: 1, groups: [2] };
  const { runner, read } = await runnerOf(nvae, picture, given);
  const before = await read();
  await recalibrate(runner, { batches: 1, batchSize: 8 });
  const after = await read();
  const changed = [...after].filter(([name, values]) => String(values) !== String(before.get(name)));
  expect(changed.length).toBeGreaterThan(0);
  for (const [name] of changed) expect(name).toMatch(/^decoder\..*\.(mean|variance)$/);
});

test('new samples of NVAE have statistics of their own for as long as they are made, those of their temperature', async () => {
  const given = { channels: 4, latentChannels: 1, halvings: 1, scales: 1, groups: [2] };
  const { runner, read } = await runnerOf(nvae, picture, given);
  const model = new TrainedModel(runner);
  const before = await read();
  const within = (temperature?: number) => model.forNewSamples({ temperature }, () => read());
  const [usual, cold] = [await within(), await within(0.3)];
  expect(String([...usual])).not.toBe(String([...before]));
  expect(String([...cold])).not.toBe(String([...usual]));
  expect(await read()).toEqual(before);
  const { x } = await model.sample(2);
  expect(x).toHaveLength(32);
  expect(await read()).toEqual(before);
});

test('a temperature brings codes nearer to the middle of a normal prior, and is refused where there is none', async () => {
  const small = { architecture: 'mlp', hidden: [4], latent: 2 };
  const sampled = async (system: System, options: Record<string, unknown>, temperature?: number) => {
    const { runner } = await runnerOf(system, picture, { ...small, ...options });
    return (await new TrainedModel(runner).sample(3, { temperature })).codes;
  };
  const [plain, half] = [await sampled(vae, {}), await sampled(vae, {}, 0.5)];
  half.forEach((value, i) => {
    expect(value).toBeCloseTo(0.5 * plain[i], 6);
  });
  const ring = { prior: 'ring', discriminator: [3] };
  await expect(sampled(aae, ring, 0.5)).rejects.toThrow(
    'temperature: aae has a prior that takes none; leave it out',
  );
});

test('without a prior there is nothing to draw', async () => {
  const { runner } = await runnerOf(ae, table, { architecture: 'mlp', hidden: [4], latent: 2 });
  await expect(recalibrate(runner)).rejects.toThrow('recalibrate: ae has no prior to draw codes from');
});
