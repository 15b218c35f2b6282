import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { NEWEST_KNOWN } from './youngGeneration.js';

/** Bytes that a process holds for young objects after it has made and kept many. */
function youngBytes(isKeptSmall: boolean): number {
  const module = new URL('./youngGeneration.js', import.meta.url).href;
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepYoungGenerationSmall } from '${module}';
    if (${isKeptSmall}) keepYoungGenerationSmall();
    const kept = [];
    for (let i = 0; i < 2e6; i++) kept[i % 5e5] = { i };
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);`;
  const words = ['--input-type=module', '--eval', script];
  return Number(execFileSync(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] }));
}

// Of a newer V8 it is not known how to ask.
test.skipIf(Number.parseInt(process.versions.v8, 10) > NEWEST_KNOWN)(
  'young objects get a few megabytes at most, where a process asks for it',
  () => {
    const small = youngBytes(true);
    expect(small).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(youngBytes(false)).toBeGreaterThan(small);
  },
);
