import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../conformance/commandLine.js';
import { startProcess } from '../../conformance/processes.js';

const root = await temporaryFolder('peers');
const peers = fileURLToPath(new URL('peers.js', import.meta.url));

test.each([
  ['--case mlpvae', "there is no benchmark case 'mlpvae'; did you mean 'mlp-vae'?"],
  ['--cases mlp-vae', "Unknown option '--cases'"],
  ['--seconds 0', '--seconds takes a number above 0'],
  ['--rounds 1.5', '--rounds takes a whole number above 0'],
  ['--engine cpu', "there is no engine 'cpu'; engines are auto, native, onnx, reference"],
  ['', 'there is no ../shared/peers/torch_bench.py; name the PyTorch side with --peers FILE'],
])('bench:peers %s is refused in one sentence', async (words, sentence) => {
  const { outcome } = startProcess(root, [process.execPath, peers, ...words.split(' ').filter(Boolean)]);
  expect(await outcome).toEqual({ code: 2, stdout: '', stderr: `bench:peers: ${sentence}\n` });
});
