import { expect, test } from 'vitest';
import { temporaryFolder, vaekit } from '../conformance/commandLine.js';

const root = await temporaryFolder('bench');

test('bench prints one JSON object for each case', async () => {
  const words = ['bench', 'tabular-ae', '--seconds', '0.1', '--json'];
  const { code, stdout, stderr } = await vaekit(root, words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ case: 'tabular-ae', train: { median: expect.any(Number) } });
});
