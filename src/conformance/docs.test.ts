/** What the documentation shows works, but for the pages of systems, which have a file of their own. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openDataset } from '../node/index.js';
import { manifest, ROOT, readJson } from './installedPackage.js';
import { isOfSystem, readPages } from './pages.js';
import { blocksIn, irisTable, testPages } from './shownPages.js';

const licensed = z.object({ license: z.string() });
const pages = readPages().filter((page) => !isOfSystem(page));
const root = await testPages(pages);

test('the error that docs/data.md shows is the one that such a file gets', async () => {
  const [shownError] = pages.flatMap((page) => (page.name === 'docs/data.md' ? blocksIn(page, '') : []));
  await writeFile(join(root, 'iris.csv'), irisTable('abc'));
  await expect(openDataset(join(root, 'iris.csv'))).rejects.toThrow(shownError.text.replaceAll('\n', ' '));
});

test('docs/dependencies.md has a line for every dependency, with its licence, and for nothing else', () => {
  const names = [manifest.dependencies, manifest.peerDependencies, manifest.devDependencies].flatMap(
    Object.keys,
  );
  const expected = [...new Set(names)].map((name) => {
    const { license } = licensed.parse(readJson(join(ROOT, 'node_modules', name, 'package.json')));
    return `${name}: ${license.replace(' OR ', ' or ')}`;
  });
  const rows = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8').matchAll(
    /^\| ([\w@/-]+)(?: \(optional peer\))? \| ([\w. -]+) \| [\d.]+ MB/gm,
  );
  expect(Array.from(rows, ([, name, license]) => `${name}: ${license}`).sort()).toEqual(expected.sort());
});
