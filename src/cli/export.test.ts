import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { makeArrays, resultOf, temporaryFolder, trainShort } from '../conformance/commandLine.js';
import { type Feed, runOnnxFile } from '../conformance/onnxFile.js';
import { RandomStream } from '../random/index.js';

const root = await temporaryFolder('export');
await makeArrays(join(root, 'digits.npz'));
await trainShort(root, ['cvae', '--data', 'digits.npz', '--out', 'cvae']);
await trainShort(root, ['ae', '--data', 'digits.npz', '--steps', '2', '--out', 'ae']);

interface Port {
  readonly name: string;
  readonly dtype: 'uint8' | 'int32' | 'float32';
  readonly shape: readonly number[];
  readonly meaning: string;
}

interface Sidecar {
  readonly file: string;
  readonly system: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly parity: { readonly largestDifference: number };
}

async function sidecarOf(folder: string, part: string): Promise<Sidecar> {
  return JSON.parse(await readFile(join(root, folder, `${part}.json`), 'utf8'));
}

/** Any values that an input may have. */
function feedFor({ name, dtype, shape }: Port, batch: number): Feed {
  const all = [batch, ...shape];
  const noise = new RandomStream(0, name).uniform(
    new Float32Array(all.reduce((product, length) => product * length, 1)),
  );
  if (dtype === 'float32') return { data: noise, shape: all };
  return dtype === 'uint8'
    ? { data: Uint8Array.from(noise, (u) => 256 * u), shape: all }
    : { data: Int32Array.from(noise, (u) => 2 * u), shape: all };
}

describe.each([
  ['cvae', { encoder: ['mean', 'logVar'], decoder: ['x'], sampler: ['x', 'z'] }],
  ['ae', { encoder: ['code'], decoder: ['x'] }],
])('%s', (run, parts) => {
  test('is exported anew into a folder that is named, file for file', async () => {
    const answer = JSON.parse(await resultOf(root, ['export', run, '-o', `${run}-files`, '--json']));
    expect(answer).toEqual({
      output: `${run}-files`,
      files: Object.keys(parts).map((name) => ({
        name,
        path: join(`${run}-files`, `${name}.onnx`),
        bytes: expect.any(Number),
        difference: expect.any(Number),
      })),
    });
    const names = (await readdir(join(root, `${run}-files`))).sort();
    expect(names).toEqual(
      Object.keys(parts)
        .flatMap((name) => [`${name}.json`, `${name}.onnx`])
        .sort(),
    );
    for (const name of names.filter((each) => each.endsWith('.onnx'))) {
      const bytes = await readFile(join(root, `${run}-files`, name));
      expect(bytes, name).toEqual(await readFile(join(root, run, 'model', name)));
    }
  });

  test.each(Object.entries(parts))(
    'the JSON of its %s tells what the file takes and gives, for any batch',
    async (part, outputs) => {
      const sidecar = await sidecarOf(join(run, 'model'), part);
      expect(sidecar).toMatchObject({ file: `${part}.onnx`, system: run });
      expect(sidecar.outputs.map(({ name }) => name)).toEqual(outputs);
      expect(sidecar.parity.largestDifference).toBeLessThan(1e-4);
      const path = join(root, run, 'model', sidecar.file);
      const session = await InferenceSession.create(path);
      expect(session.inputNames.toSorted()).toEqual(sidecar.inputs.map(({ name }) => name).toSorted());
      expect(session.outputNames).toEqual(sidecar.outputs.map(({ name }) => name));
      for (const batch of [1, 3]) {
        const feeds = Object.fromEntries(sidecar.inputs.map((port) => [port.name, feedFor(port, batch)]));
        const results = await runOnnxFile(path, feeds);
        expect(await runOnnxFile(path, feeds), 'nothing in it is random').toEqual(results);
        for (const { name, shape, meaning } of sidecar.outputs) {
          expect(results[name].shape, name).toEqual([batch, ...shape]);
          expect(meaning).not.toBe('');
        }
      }
    },
  );
});

test('the sampler is the decoder after the prior: its z, decoded, is its x', async () => {
  const model = join(root, 'cvae', 'model');
  const label = { data: Int32Array.of(0, 1, 1), shape: [3] };
  const noise = { data: new RandomStream(1, 'noise').normal(new Float32Array(9)), shape: [3, 3] };
  const { x, z } = await runOnnxFile(join(model, 'sampler.onnx'), { noise, label });
  const codes = { data: Float32Array.from(z.values), shape: [3, 3] };
  const decoded = await runOnnxFile(join(model, 'decoder.onnx'), { z: codes, label });
  expect(decoded.x).toEqual(x);
});

test('without --json, each file is told with its size and its difference from the engine', async () => {
  const lines = (await resultOf(root, ['export', 'cvae'])).split('\n');
  for (const [i, part] of ['encoder', 'decoder', 'sampler'].entries()) {
    expect(lines[i]).toContain(join('cvae', 'model', `${part}.onnx`));
    expect(lines[i]).toMatch(/ \d+\.\d\d MB {2}largest difference from the engine \S+$/);
  }
});
