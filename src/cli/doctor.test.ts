import { expect, test } from 'vitest';
import { resultOf, temporaryFolder } from '../conformance/commandLine.js';

const root = await temporaryFolder('doctor');

test('doctor finds an engine that works', async () => {
  const { engines } = JSON.parse(await resultOf(root, ['doctor', '--json']));
  expect(engines).toContainEqual(expect.objectContaining({ works: true }));
  expect(await resultOf(root, ['doctor'])).toContain('✓ used');
});
