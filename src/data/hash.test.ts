import { expect, test } from 'vitest';
import { contentHash, murmur3 } from './hash.js';

const bytes = (text: string) => new TextEncoder().encode(text);

// Known values of the reference implementation's 32-bit variant.
test.each([
  ['', 0, 0x00000000],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0, 0xba6bd213],
  ['Hello, world!', 0, 0xc0363e43],
  ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
])('murmur3(%j, %i) is the published value', (text, seed, hash) => {
  expect(murmur3(bytes(text), seed)).toBe(hash);
});

test('a content hash depends on every byte and on the order of the parts', () => {
  const [a, b] = [Uint8Array.of(1, 2, 3, 4, 5), Float32Array.of(0.5)];
  const hash = contentHash(a, b);
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(contentHash(b, a)).not.toBe(hash);
  for (let i = 0; i < a.length; i++) {
    const other = a.slice();
    other[i] ^= 1;
    expect(contentHash(other, b)).not.toBe(hash);
  }
});
