/** What a person with few labels does, and one with a feature network of their own. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeArrays, resultOf, temporaryFolder, trainShort, vaekit } from '../conformance/commandLine.js';
import { readArrays } from '../conformance/resultFiles.js';
import { encodeNpz } from '../data/index.js';
import { encodeModel, type OnnxNode } from '../engine/onnx/proto.js';

const root = await temporaryFolder('few-labels');
await makeArrays(join(root, 'digits.npz'));
const small = ['--discriminator', '8', '--out'];

test('a classifier is trained from few labels, measured, sampled by class, and used on data without any', async () => {
  const semi = ['aae', '--data', 'digits.npz', '--labelled', '8', '--supervision', 'semi'];
  const { run } = await trainShort(root, [...semi, '--steps', '60', ...small, 'semi']);
  const card = JSON.parse(await resultOf(root, ['evaluate', run, '--metrics', 'classes', '--json']));
  const [error] = card.metrics;
  expect(error.name).toBe('classificationError');
  // Left or right half bright: two classes that nobody confuses for long.
  expect(error.value).toBeLessThan(0.3);
  await resultOf(root, ['sample', run, '--label', '1', '--count', '5', '-o', 'ones.npz']);
  const { z } = await readArrays(join(root, 'ones.npz'));
  expect(z.shape).toEqual([5, 3 + 2]);
  expect(z.values.filter((_, i) => i % 5 === 4)).toEqual([1, 1, 1, 1, 1]);
  const config = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
  expect(config.data).toMatchObject({ hasUnknown: true, options: { labelled: 8 } });
  const bare = encodeNpz({
    x: { values: Uint8Array.from({ length: 192 }, (_, i) => (i * 89) % 256), shape: [3, 8, 8] },
  });
  await writeFile(join(root, 'bare.npz'), bare);
  await resultOf(root, ['encode', run, '--data', 'bare.npz', '-o', 'codes.npz']);
  expect((await readArrays(join(root, 'codes.npz'))).mean.shape).toEqual([3, 5]);
});

test('a system that is told every class refuses samples without, in a sentence', async () => {
  const { code, stderr } = await vaekit(root, ['train', 'cvae', '--data', 'digits.npz', '--labelled', '8']);
  expect(code).toBe(2);
  expect(stderr).toContain('cvae is conditioned on the class of each sample, and that of some is not known');
});

/** One convolution of pictures of one channel, with a rectifier. */
function networkFile(channels = 1): Uint8Array {
  const node = (op: string, inputs: string[], output: string): OnnxNode => ({
    op,
    inputs,
    outputs: [output],
    attributes: {},
  });
  return encodeModel({
    graph: {
      name: 'features',
      nodes: [node('Conv', ['pixels', 'kernel'], 'map'), node('Relu', ['map'], 'edges')],
      initializers: [
        {
          name: 'kernel',
          type: 'float32',
          shape: [2, channels, 1, 2],
          data: Float32Array.from({ length: 4 * channels }, (_, i) => (i % 2 === 0 ? 1 : -1)),
        },
      ],
      inputs: [{ name: 'pixels', type: 'float32', shape: ['n', channels, 8, 8] }],
      outputs: [{ name: 'edges', type: 'float32', shape: ['n', 2, 8, 7] }],
    },
  });
}

test('a run keeps the feature network that it was given, and does without its file from then on', async () => {
  await writeFile(join(root, 'edges.onnx'), networkFile());
  const words = ['dfc-vae', '--data', 'digits.npz', '--features', 'edges.onnx', '--out', 'of-edges'];
  const { run } = await trainShort(root, words);
  await rm(join(root, 'edges.onnx'));
  const again = ['evaluate', run, '--metrics', 'reconstruction', '--json'];
  expect(JSON.parse(await resultOf(root, again)).metrics[0].value).toBeGreaterThan(0);
  expect(new Uint8Array(await readFile(join(run, 'features.onnx')))).toEqual(networkFile());
});

test('a feature network that does not take the pictures is refused before anything is written', async () => {
  await writeFile(join(root, 'colour.onnx'), networkFile(3));
  await writeFile(join(root, 'edges2.onnx'), networkFile());
  const refusal = async (...words: readonly string[]) => {
    const { code, stderr } = await vaekit(root, ['train', 'dfc-vae', '--data', 'digits.npz', ...words]);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refusal('--features', 'colour.onnx')).toContain(
    'the network takes pictures of 3 channels, and these have 1; read them with --image-channels 3',
  );
  expect(await refusal('--features', 'edges2.onnx', '--feature-tensors', 'corners')).toContain(
    "edges2.onnx has no tensor 'corners'; it has map, edges",
  );
  expect(await refusal('--features', 'digits.npz')).toContain('digits.npz is no ONNX model');
  expect(await refusal('--feature-mean', '0.5')).toContain('has no effect without features');
});
