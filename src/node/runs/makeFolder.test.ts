import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../conformance/commandLine.js';
import { makeFolder } from './makeFolder.js';

const root = await temporaryFolder('folders');

test('a folder is made with those above it, and told which were not there', async () => {
  const path = join(root, 'a', 'b', 'c');
  expect(await makeFolder(path)).toEqual([join(root, 'a'), join(root, 'a', 'b'), path]);
  expect(await makeFolder(path)).toEqual([]);
  expect(await makeFolder(join(root, 'a', 'd'))).toEqual([join(root, 'a', 'd')]);
});

test('of several that make the same folders at once, none fails', async () => {
  const path = join(root, 'many', 'at', 'once');
  const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  expect(new Set(made.flat())).toEqual(new Set([join(root, 'many'), join(root, 'many', 'at'), path]));
  expect(made.flat()).toHaveLength(3);
});

test('a file in the way is named', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  await expect(makeFolder(file)).rejects.toThrow(
    `cannot write ${file}: a file of that name is there; choose another name`,
  );
  await expect(makeFolder(join(file, 'below'))).rejects.toThrow(
    `cannot write ${join(file, 'below')}: a part of its path is a file, not a folder; check the path`,
  );
});

test.skipIf(!existsSync('/proc/self'))('a file system that takes no folders is told as one', async () => {
  for (const path of ['/proc/run', '/proc/runs/run'])
    await expect(makeFolder(path)).rejects.toThrow(
      `cannot write ${path}: no folder can be made there; choose a place that can be written to`,
    );
});
