import { expect, test } from 'vitest';
import { crc32c } from '../crc32c.js';
import { type Container, readContainer, writeContainer } from './container.js';

const file: Container = {
  weights: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
  prior: Uint8Array.from([9, 8, 7, 6, 5, 4, 3, 255]),
  priorName: 'pixelcnn',
  run: 'vq-vae-photos-1',
  engine: 'native avx2',
  count: 300,
  size: 49,
  shape: [28, 28, 1],
  checksum: 0xfedcba98,
  names: Array.from({ length: 300 }, (_, i) => `ordner/bild ${i} ü.png`),
  codes: Uint8Array.from({ length: 200 }, (_, i) => (i * i) % 256),
};
const bytes = writeContainer(file);

test('what is written is read', () => {
  expect(readContainer(bytes, 'a.vkc')).toEqual(file);
  const bare = { ...file, names: [], codes: new Uint8Array(0), count: 1, shape: [4] };
  expect(readContainer(writeContainer(bare), 'a.vkc')).toEqual(bare);
});

test('a file that ends anywhere before its end is refused, and so is one with a byte too many', () => {
  for (let length = 1; length < bytes.length; length++)
    expect(() => readContainer(bytes.slice(0, length), 'a.vkc')).toThrow(
      /a\.vkc (was cut short|is no file|has version)/,
    );
  expect(() => readContainer(Uint8Array.from([...bytes, 0]), 'a.vkc')).toThrow('was cut short or changed');
  expect(() => readContainer(new Uint8Array(0), 'a.vkc')).toThrow('a.vkc is empty');
});

test('a file with any bit changed is refused', () => {
  for (let i = 0; i < bytes.length; i++) {
    const changed = bytes.slice();
    changed[i] ^= 1 << (i % 8);
    expect(() => readContainer(changed, 'a.vkc')).toThrow('a.vkc');
  }
});

test('lengths that lie are refused, though the checksum is right', () => {
  for (let i = 4; i < bytes.length - 4; i++) {
    const changed = bytes.slice();
    changed[i] = 255;
    new DataView(changed.buffer).setUint32(bytes.length - 4, crc32c(changed.subarray(0, -4)), true);
    let outcome: unknown;
    try {
      outcome = readContainer(changed, 'a.vkc').codes.length;
    } catch (error) {
      outcome = error instanceof Error ? error.name : error;
    }
    // What is no length may say anything.
    expect(['DataError', file.codes.length]).toContain(outcome);
  }
});
