import { afterEach, expect, test, vi } from 'vitest';
import { columns, dim, duration, note, ProgressBar, printJson } from './output.js';

const { isTTY: wasTerminal } = process.stderr;
afterEach(() => {
  process.stderr.isTTY = wasTerminal;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Everything that is written to a stream from now on, which is a terminal or is not. */
function written(stream: 'stdout' | 'stderr', isTTY = false): string[] {
  const texts: string[] = [];
  vi.spyOn(process[stream], 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  process.stderr.isTTY = isTTY;
  return texts;
}

test('styles are for terminals whose reader did not ask for none', () => {
  written('stderr', true);
  vi.stubEnv('NO_COLOR', '');
  expect(dim('soft')).toBe('\u001b[2msoft\u001b[0m');
  vi.stubEnv('NO_COLOR', '1');
  expect(dim('soft')).toBe('soft');
});

test('where nobody watches, notes are plain lines and there is no bar', () => {
  const texts = written('stderr');
  const bar = new ProgressBar(10, 0);
  bar.update(5, 'loss 1');
  note('five');
  bar.end();
  expect(texts).toEqual(['five\n']);
});

test('on a terminal, a note stands above the bar, which fills as the run goes and is gone at its end', () => {
  vi.stubEnv('NO_COLOR', '1');
  const texts = written('stderr', true);
  const bar = new ProgressBar(10, 0);
  bar.update(5, 'loss 1');
  expect(texts.join('')).toMatch(/^━{24} 5\/10 {2}loss 1 {2}0\.0 s left$/);
  texts.length = 0;
  note('five');
  expect(texts[0]).toBe('\r\u001b[K');
  expect(texts[1]).toBe('five\n');
  expect(texts[2]).toContain('5/10');
  texts.length = 0;
  bar.end();
  bar.end();
  expect(texts).toEqual(['\r\u001b[K']);
  note('after');
  expect(texts.at(-1)).toBe('after\n');
});

test('a bar never wraps', () => {
  vi.stubEnv('NO_COLOR', '1');
  const texts = written('stderr', true);
  const bar = new ProgressBar(100_000, 0);
  bar.update(99_999, `loss ${'9'.repeat(200)}`);
  bar.end();
  expect(texts[0].length).toBeLessThan(process.stderr.columns || 80);
});

test('JSON says null where a number is none', () => {
  const texts = written('stdout');
  printJson({ loss: Number.NaN, bound: [Number.POSITIVE_INFINITY, 1] });
  expect(texts).toEqual(['{"loss":null,"bound":[null,1]}\n']);
});

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.6, '1 m 0 s'],
  [200, '3 m 20 s'],
  [3599.6, '1 h 0 m'],
  [7260, '2 h 1 m'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('columns are as wide as their widest cell, and the last is as it is', () => {
  expect(
    columns([
      ['a', 'first'],
      ['long', 'second'],
    ]),
  ).toEqual(['a     first', 'long  second']);
  expect(columns([])).toEqual([]);
});
