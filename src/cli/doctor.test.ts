import { expect, test } from 'vitest';
import { resultOf, temporaryFolder } from '../conformance/commandLine.js';
import { nativeSets } from '../conformance/engines.js';

const root = await temporaryFolder('doctor');

test('doctor finds an engine that works', async () => {
  const { engines } = JSON.parse(await resultOf(root, ['doctor', '--json']));
  expect(engines).toContainEqual(expect.objectContaining({ works: true }));
  expect(await resultOf(root, ['doctor'])).toContain('✓ used');
});

test.skipIf(nativeSets.length === 0)('doctor says what the native engine computes with', async () => {
  expect(await resultOf(root, ['doctor'])).toMatch(
    new RegExp(`✓ used +native +${nativeSets[0]}, \\d+ threads?, ready in \\d+ ms, self-test passed`),
  );
});
