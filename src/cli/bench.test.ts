import { expect, test } from 'vitest';
import { resultOf, temporaryFolder, vaekit } from '../conformance/commandLine.js';
import { nativeSets } from '../conformance/engines.js';

const root = await temporaryFolder('bench');

test('bench prints one JSON object for each case', async () => {
  const words = ['bench', 'tabular-ae', '--seconds', '0.1', '--json'];
  const { code, stdout, stderr } = await vaekit(root, words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ case: 'tabular-ae', train: { median: expect.any(Number) } });
});

test.skipIf(nativeSets.length === 0)(
  'bench --explain lists the instructions of a step, measured',
  async () => {
    const words = ['bench', 'tabular-ae', '--seconds', '0.1', '--explain', '--threads', '1'];
    const text = await resultOf(root, words);
    expect(text).toContain(`tabular-ae: one step of 1024 samples on ${nativeSets[0]}, 1 thread\n`);
    expect(text).toMatch(/^ *\d+ +matmul 1024×32·32×64.* \d+\.\d/m);
  },
);

test('bench --explain is about the native engine alone', async () => {
  const { code, stderr } = await vaekit(root, ['bench', 'tabular-ae', '--explain', '--engine', 'onnx']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'vaekit: --explain is about the native engine, not onnx; take --engine native\n',
  });
});
