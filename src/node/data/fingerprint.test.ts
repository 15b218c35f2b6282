import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fingerprintOf } from './fingerprint.js';

const root = await mkdtemp(join(tmpdir(), 'vaekit-fingerprint-'));
afterAll(() => rm(root, { recursive: true, force: true }));

test('every byte of small files counts, and so do the names of several', async () => {
  await writeFile(join(root, 'a'), 'one');
  await writeFile(join(root, 'b'), 'two');
  const both = await fingerprintOf(root, ['a', 'b']);
  expect(await fingerprintOf(root, ['a', 'b'])).toBe(both);
  await writeFile(join(root, 'c'), 'two');
  expect(await fingerprintOf(root, ['a', 'c'])).not.toBe(both);
  expect(await fingerprintOf(root, ['b'])).toBe(await fingerprintOf(root, ['c']));
  await writeFile(join(root, 'b'), 'twp');
  expect(await fingerprintOf(root, ['a', 'b'])).not.toBe(both);
});

test('of a large file, the length, the beginning and the end count', async () => {
  const path = join(root, 'large');
  const size = 80 * 2 ** 20;
  await writeFile(path, '');
  await truncate(path, size);
  const of = () => fingerprintOf(root, ['large']);
  const seen = [await of()];
  for (const position of [0, size - 1]) {
    const file = await open(path, 'r+');
    await file.write(Uint8Array.of(1), 0, 1, position);
    await file.close();
    seen.push(await of());
  }
  await truncate(path, size + 1);
  seen.push(await of());
  expect(new Set(seen).size).toBe(4);
});
