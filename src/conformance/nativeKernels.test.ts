/** The tests of the compiled engine's kernels, which are programs in C++, run as tests of this package. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, test } from 'vitest';
import { nativeSets } from './engines.js';
import { ROOT } from './installedPackage.js';

const programs = readdirSync(join(ROOT, 'native/test'))
  .filter((name) => name.endsWith('_test.cpp'))
  .map((name) => basename(name, '.cpp'));

/** @throws Error with all that it printed, if the program fails */
async function run(program: string, ...words: string[]): Promise<void> {
  await promisify(execFile)(program, words).catch(({ message, stdout, stderr }) => {
    throw new Error(`${message}\n${stdout}${stderr}`);
  });
}

describe.skipIf(nativeSets.length === 0)('the kernels', () => {
  beforeAll(() => run(process.execPath, join(ROOT, 'native/build.js'), '--tests'));

  test.each(programs)('%s passes', (name) => run(join(ROOT, 'native/build/tests', name)));
});
