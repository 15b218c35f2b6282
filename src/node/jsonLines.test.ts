import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { JsonLines, readJsonLines } from './jsonLines.js';

const folder = await mkdtemp(join(tmpdir(), 'vaekit-lines-'));
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const fresh = () => join(folder, `${files++}.jsonl`);

const upTo = (last: number) => (value: unknown) =>
  typeof value === 'object' && value !== null && 'step' in value && Number(value.step) <= last;

test('lines come back in the order in which they were added, also after opening the file again', async () => {
  const path = fresh();
  for (const part of [[{ step: 1 }, { step: 2, loss: 0.5 }], [{ step: 3, note: 'β\n' }]]) {
    const lines = new JsonLines(path);
    for (const value of part) lines.append(value);
    lines.close();
  }
  expect(await readJsonLines(path)).toEqual([{ step: 1 }, { step: 2, loss: 0.5 }, { step: 3, note: 'β\n' }]);
});

test('a last line that a crash cut short is dropped, wherever it was cut', async () => {
  const path = fresh();
  const whole = '{"step":1}\n';
  const torn = '{"step":2,"name":"β"}';
  for (let length = 0; length <= Buffer.byteLength(torn); length++) {
    writeFileSync(path, Buffer.concat([Buffer.from(whole), Buffer.from(torn).subarray(0, length)]));
    expect(await readJsonLines(path)).toEqual([{ step: 1 }]);
    const lines = new JsonLines(path);
    lines.append({ step: 3 });
    lines.close();
    expect(readFileSync(path, 'utf8')).toBe(`${whole}{"step":3}\n`);
  }
});

test('a resumed run keeps the lines up to its step and writes on from there', () => {
  const path = fresh();
  fc.assert(
    fc.property(fc.nat(20), fc.nat(25), (written, kept) => {
      writeFileSync(path, '');
      const lines = new JsonLines(path);
      for (let step = 1; step <= written; step++) lines.append({ step });
      lines.keepWhile(upTo(kept));
      for (let step = kept + 1; step <= 25; step++) lines.append({ step });
      lines.close();
      const steps = readFileSync(path, 'utf8').trimEnd().split('\n');
      const expected = Array.from({ length: 25 }, (_, i) => i + 1).filter(
        (step) => step <= written || step > kept,
      );
      expect(steps.filter(Boolean).map((line) => JSON.parse(line).step)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test('everything after the first line that is not wanted goes, wanted or not', async () => {
  const path = fresh();
  writeFileSync(path, '{"step":1}\n{"step":9}\n{"step":2}\n');
  const lines = new JsonLines(path);
  lines.keepWhile(upTo(5));
  lines.close();
  expect(await readJsonLines(path)).toEqual([{ step: 1 }]);
});

test('a line in the middle that is not JSON is named and left alone', async () => {
  const path = fresh();
  const damaged = '{"step":1}\n{"st\n{"step":3}\n';
  writeFileSync(path, damaged);
  const problem = `${path}, line 2: not JSON; mend or remove that line`;
  await expect(readJsonLines(path)).rejects.toThrow(problem);
  const lines = new JsonLines(path);
  expect(() => lines.keepWhile(() => true)).toThrow(problem);
  lines.close();
  expect(readFileSync(path, 'utf8')).toBe(damaged);
});

test('a missing folder is an error of one sentence', () => {
  expect(() => new JsonLines(join(folder, 'nowhere', 'a.jsonl'))).toThrow(
    /^cannot write .*does not exist; create it/,
  );
});
