import { expect, test } from 'vitest';
import { availableBytes, availableMemory, groupBytes } from './memory.js';

test('there is memory to take', () => {
  expect(availableMemory()).toBeGreaterThan(2 ** 20);
});

test('Linux says what it could give', () => {
  expect(availableBytes('MemTotal:       2000 kB\nMemAvailable:    1500 kB\nCached: 3 kB\n')).toBe(
    1500 * 1024,
  );
  expect(availableBytes('')).toBeUndefined();
});

test('a control group leaves what it does not use, and what it keeps of files', () => {
  const stat = 'anon 100\nfile 60\ninactive_file 30\nactive_file 20\nslab 1\n';
  expect(groupBytes('1000\n', '400\n', stat)).toBe(650);
  expect(groupBytes('1000\n', '1200\n', '')).toBe(0);
  expect(groupBytes('max\n', '400\n', stat)).toBeUndefined();
  expect(groupBytes('', '', '')).toBeUndefined();
});
