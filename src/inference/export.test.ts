import * as ortNode from 'onnxruntime-node';
import * as ortWeb from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, optionsOf, pictures, type Toy, tableOf, termValue, toy } from '../conformance/models.js';
import { type Engine, exportModel, initialValues, type OrtModule } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { ae, betaVae, cmma, cvae, type System, vae, vqVae } from '../systems/index.js';
import { constant, input, Program, sizeOf, step, type Tensor, Variable } from '../tensor/index.js';
import { checkParity, type ExportedModel, exportModels, ModelRunner, TrainedModel } from './index.js';

const BATCHES = [1, 2, 5, 64];
const words = new RandomStream(1, 'toy').words(new Uint32Array(64 * 9 * 7 * 3));
const labels = Array.from({ length: 64 }, (_, i) => i % 3);

const data: Record<string, Toy> = {
  'uint8 pictures': toy(
    pictures(9, 7, 3),
    words.map((word) => word % 256),
    labels,
  ),
  'float pictures': toy(
    { kind: 'image', shape: [5, 6, 1], dtype: 'float32', range: [-2, 3] },
    Array.from(words.subarray(0, 64 * 30), (word) => -2 + (5 * word) / 2 ** 32),
    labels,
  ),
  tables: toy(
    tableOf([
      { name: 'length', type: 'numeric', mean: 10, deviation: 4 },
      { name: 'visits', type: 'count', mean: 1, deviation: 0.5 },
      { name: 'smoker', type: 'binary', categories: ['no', 'yes'] },
      { name: 'city', type: 'categorical', categories: ['Rome', 'Oslo', 'Lima'] },
      { name: 'grade', type: 'ordinal', categories: ['low', 'mid', 'high', 'top'] },
    ]),
    labels.flatMap((label, i) => [10 + label, i % 9, i % 2, label, (i >> 2) % 4]),
    labels,
  ),
};

const networks: Record<string, Record<string, unknown>> = {
  mlp: { architecture: 'mlp', hidden: [8] },
  conv: { architecture: 'conv', channels: [3, 4], hidden: [8], normalisation: 'batch' },
  resnet: { architecture: 'resnet', channels: [4, 4], hidden: [8], normalisation: 'group' },
};

/** A model whose weights all differ from where they begin, biases and gains too. */
async function modelOf(system: System, { data }: Toy, options: Record<string, unknown>, engine: Engine) {
  const settings = { system, data, options: optionsOf(system, { latent: 2, ...options }), engine };
  const { table, model, batch } = build(system, data, { latent: 2, ...options });
  for (const term of Object.values(model.objective(batch(2)))) termValue(term);
  const initial = initialValues(table.variables.values(), 1);
  const noise = new RandomStream(2, 'weights');
  const moved = [...table.variables.values()].map(({ name, size, trainable }, i) => {
    const shift = noise.normal(new Float32Array(size), i);
    const value = Float32Array.from(initial.get(name) ?? [], (v, k) => v + (trainable ? 0.1 * shift[k] : 0));
    return [name, value] as const;
  });
  await engine.variables.write(new Map(moved));
  return new TrainedModel(new ModelRunner(settings));
}

/** What a file computes for the first samples, codes or noises. */
async function runFile(
  ort: OrtModule,
  file: ExportedModel,
  feeds: Record<string, ArrayLike<number>>,
  batch: number,
) {
  const session = await ort.InferenceSession.create(file.bytes);
  const tensors = file.inputs.map(({ name, dtype, shape }) => {
    const values = Array.from(feeds[name]).slice(0, batch * sizeOf(shape));
    const data =
      dtype === 'uint8'
        ? Uint8Array.from(values)
        : dtype === 'int32'
          ? Int32Array.from(values)
          : Float32Array.from(values);
    return [name, new ort.Tensor(dtype, data, [batch, ...shape])] as const;
  });
  const results = await session.run(Object.fromEntries(tensors));
  const values = file.outputs.map(
    ({ name }) => [name, Array.from(results[name].data as ArrayLike<number>)] as const,
  );
  for (const { name, dtype, shape } of file.outputs)
    expect([results[name].type, results[name].dims]).toEqual([dtype, [batch, ...shape]]);
  await session.release();
  return Object.fromEntries(values);
}

/** Rounding of the same sums in another order; a level may be rounded to its neighbour. */
function expectClose(actual: number[], expected: ArrayLike<number>, dtype: string) {
  const largest = Math.max(1, ...actual.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(dtype === 'uint8' ? 1 : 2e-5 * largest);
  });
}

for (const [runtime, ort] of Object.entries<OrtModule>({
  'onnxruntime-node': ortNode,
  'onnxruntime-web': ortWeb,
})) {
  for (const system of [ae, vae, cvae, betaVae] as const) {
    for (const [kind, given] of Object.entries(data)) {
      for (const [architecture, options] of Object.entries(networks)) {
        if (kind === 'tables' && architecture !== 'mlp') continue;
        test(`files of ${system.name} with ${architecture} on ${kind} compute what the model does in ${runtime}`, async () => {
          const model = await modelOf(system, given, options, engines[1].create());
          const { dtype } = given.data.spec;
          const { mean, logVar } = await model.encode(given.samples);
          const classes = Int32Array.from(labels);
          const noise = new RandomStream(7, 'noise').normal(new Float32Array(128));
          const decoded = await model.decode(mean, { labels: classes });
          const files = await exportModels(model.runner);
          expect(files.map(({ name }) => name)).toEqual(
            system === ae ? ['encoder', 'decoder'] : ['encoder', 'decoder', 'sampler'],
          );
          for (const file of files) {
            for (const batch of BATCHES) {
              const feeds = { x: given.samples.x, z: mean, label: classes, noise };
              const results = await runFile(ort, file, feeds, batch);
              if (file.name === 'encoder') {
                expectClose(results.mean ?? results.code, mean, 'float32');
                if (logVar) expectClose(results.logVar, logVar, 'float32');
              }
              if (file.name === 'decoder') expectClose(results.x, decoded, dtype);
              if (file.name === 'sampler') {
                if (system !== cvae) expectClose(results.z, noise, 'float32');
                const codes = Float32Array.from(results.z);
                expectClose(results.x, await model.decode(codes, { labels: classes.slice(0, batch) }), dtype);
              }
            }
          }
        });
      }
    }
  }
}

test('the encoder of a model whose codes are made of indices gives these too, and the sampler takes noise for each', async () => {
  const options = { codes: 5, codeDimension: 3, groups: 4, hidden: [8] };
  const model = await modelOf(vqVae, data['uint8 pictures'], options, engines[1].create());
  const [encoder, , sampler] = await exportModels(model.runner);
  expect(encoder.outputs.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
    ['code', 'float32', [4, 3]],
    ['indices', 'int32', [4]],
  ]);
  const { x } = data['uint8 pictures'].samples;
  const { mean, indices = [] } = await model.encode({ x });
  for (const batch of BATCHES) {
    const found = await runFile(ortNode, encoder, { x }, batch);
    expect(found.indices).toEqual(Array.from(indices[0].values.slice(0, 4 * batch)));
    expectClose(found.code, mean, 'float32');
  }
  expect(sampler.inputs).toMatchObject([{ name: 'noise', shape: [4] }]);
  const noise = new RandomStream(7, 'noise').normal(new Float32Array(20));
  const drawn = await runFile(ortNode, sampler, { noise }, 5);
  expectClose(drawn.x, await model.decode(Float32Array.from(drawn.z)), 'uint8');
  for (const file of [encoder, sampler])
    expect(await checkParity(model.runner, ortNode, file)).toBeLessThan(1e-4);
});

test('files describe their inputs and outputs, in the units of the data', async () => {
  const model = await modelOf(cvae, data.tables, networks.mlp, engines[0].create());
  const [encoder, decoder, sampler] = await exportModels(model.runner);
  expect(encoder.inputs).toEqual([
    {
      name: 'x',
      dtype: 'float32',
      shape: [5],
      meaning: "a row: length, visits, smoker, city, grade, in the table's own units",
    },
    { name: 'label', dtype: 'int32', shape: [], meaning: 'class of the sample, 0 to 2' },
  ]);
  expect(encoder.outputs.map(({ name, shape }) => [name, shape])).toEqual([
    ['mean', [2]],
    ['logVar', [2]],
  ]);
  expect(decoder.inputs.map(({ name }) => name)).toEqual(['z', 'label']);
  expect(sampler.inputs.map(({ name }) => name)).toEqual(['noise', 'label']);
  const grey = await modelOf(vae, data['uint8 pictures'], networks.mlp, engines[0].create());
  const [greyEncoder, greyDecoder] = await exportModels(grey.runner);
  const picture = {
    dtype: 'uint8',
    shape: [9, 7, 3],
    meaning: 'a picture [height, width, channels] with values from 0 to 255',
  };
  expect(greyEncoder.inputs).toEqual([{ name: 'x', ...picture }]);
  expect(greyDecoder.outputs).toEqual([{ name: 'x', ...picture }]);
});

test('a file asks for the class only where its outputs depend on it', async () => {
  const model = await modelOf(cmma, data['uint8 pictures'], networks.mlp, engines[0].create());
  const exported = await exportModels(model.runner);
  expect(exported.map(({ inputs }) => inputs.map(({ name }) => name))).toEqual([
    ['x', 'label'],
    ['z'],
    ['noise', 'label'],
  ]);
});

test('the same noise gives the same samples: nothing in a file is random', async () => {
  const model = await modelOf(vae, data.tables, networks.mlp, engines[1].create());
  const [, , sampler] = await exportModels(model.runner);
  const feeds = { noise: Float32Array.from({ length: 20 }, (_, i) => Math.sin(i)) };
  expect(await runFile(ortNode, sampler, feeds, 10)).toEqual(await runFile(ortNode, sampler, feeds, 10));
});

test('a file that computes something else than the engine is refused by the parity check', async () => {
  const engine = engines[1].create();
  const model = await modelOf(vae, data['float pictures'], networks.mlp, engine);
  const files = await exportModels(model.runner);
  for (const file of files) expect(await checkParity(model.runner, ortNode, file)).toBeLessThan(1e-5);
  await engine.variables.write(new Map([['mean.bias', Float32Array.of(0, 0.5)]]));
  await expect(checkParity(model.runner, ortNode, files[0])).rejects.toThrow(
    /^export: 'mean' of the encoder differs from the engine's by 0\.\d+ at batch 1; the file was not written$/,
  );
});

test('a function that is not one of single samples cannot be exported, and the error says why', () => {
  const refusal = (build: (x: Tensor, batch: number) => Tensor) => () =>
    exportModel((batch) => new Program({ outputs: { y: build(input('x', [batch, 2]), batch) } }), {
      weights: new Map(),
    });
  const why = 'export: this function cannot be written for any number of samples: ';
  expect(refusal((x) => x)).not.toThrow();
  expect(refusal((x, batch) => (batch > 5 ? x.exp() : x.neg()))).toThrow(`${why}its operations differ`);
  expect(refusal((x) => x.sub(x.mean(0)))).toThrow(`${why}numbers in it depend on the batch`);
  expect(refusal((x, batch) => x.reshape([2, batch]))).toThrow(
    `${why}an axis other than the first grows with the batch`,
  );
  expect(
    refusal((x, batch) =>
      x.flatten().pad([
        [0, batch * batch],
        [0, 0],
      ]),
    ),
  ).toThrow(`${why}shapes in it do not grow evenly with the batch`);
  expect(refusal(() => constant(1).add(constant(2, 'float32')))).toThrow(
    `${why}it has no input to take the batch from`,
  );
  expect(refusal((x) => x.mul(step().cast('float32')))).toThrow(
    'export: the program depends on the number of the training step',
  );
  expect(refusal((x) => x.add(new Variable('w', [2], () => [0, 0])))).toThrow(
    "export: variable 'w' has no value",
  );
});
