import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeArrays, resultOf, temporaryFolder } from '../conformance/commandLine.js';

const root = await temporaryFolder('data');

test('data says what it sees, as text and as JSON, and names the options as flags', async () => {
  await makeArrays(join(root, 'digits.npz'));
  const report = JSON.parse(await resultOf(root, ['data', 'digits.npz', '--json']));
  expect(report).toMatchObject({
    kind: 'image',
    shape: [8, 8, 1],
    size: 100,
    split: { train: 85, validation: 5, test: 10 },
    suggestion: { command: 'vaekit train vae --data digits.npz' },
  });
  const text = await resultOf(root, ['data', 'digits.npz']);
  expect(text).toContain('100 pictures of 8 × 8, grey, uint8');
  expect(text).toContain('(--array and --labels choose others)');
  expect(text).toMatch(/\nvaekit train vae --data digits\.npz\n$/);
});
