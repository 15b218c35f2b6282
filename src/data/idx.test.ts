import fc from 'fast-check';
import { gzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { bytesInMemory } from './bytes.js';
import { DataError } from './dataset.js';
import { openIdx } from './idx.js';
import { readAll } from './storedArray.js';

/** An IDX file: two zeros, the type, the number of axes, their lengths, the elements; all big-endian. */
function idx(type: number, shape: readonly number[], bytes: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, type);
  header.setUint8(3, shape.length);
  for (const [axis, length] of shape.entries()) header.setUint32(4 + 4 * axis, length);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...Array.from(bytes)]);
}

const open = (bytes: Uint8Array) => openIdx(bytesInMemory('a-idx3-ubyte.gz', bytes));

test('bytes of any shape are read, packed or not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      async (shape) => {
        const values = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
        const file = idx(0x08, shape, values);
        for (const bytes of [file, gzipSync(file)]) {
          const array = await open(bytes);
          expect(array.shape).toEqual(shape);
          expect(await readAll(array)).toEqual(values);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test.each([
  ['09', 0x09, [0xff], -1],
  ['0b', 0x0b, [0xff, 0xfe], -2],
  ['0c', 0x0c, [0, 1, 0, 2], 65_538],
  ['0d', 0x0d, [0x3f, 0xc0, 0, 0], 1.5],
  ['0e', 0x0e, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
])('elements of type 0x0%s are read big-endian', async (_, type, bytes, value) => {
  expect([...(await readAll(await open(idx(type, [1], bytes))))]).toEqual([value]);
});

test('a file cut short anywhere is refused in words, packed or not', async () => {
  const file = idx(0x08, [2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  for (const whole of [file, gzipSync(file)]) {
    for (let length = 0; length < whole.length; length++) {
      await expect(open(whole.subarray(0, length))).rejects.toThrow(DataError);
    }
  }
});

test('damage in a packed file is found, unless it changes nothing', async () => {
  const right = idx(
    0x08,
    [64],
    Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 251),
  );
  const whole = gzipSync(right);
  let found = 0;
  for (let at = 10; at < whole.length; at++) {
    const damaged = whole.slice();
    damaged[at] ^= 0x10;
    try {
      const { source } = await open(damaged);
      expect(await source.read(0, source.size)).toEqual(right);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      expect(String(error)).toMatch(/a-idx3-ubyte.gz: cannot be unpacked \(.+\); fetch it again$/);
      found++;
    }
  }
  expect(found).toBeGreaterThan(whole.length - 20);
});

test.each<[Uint8Array, string]>([
  [
    Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0),
    'a-idx3-ubyte.gz: is not an IDX file, which starts with two zero bytes, a known type and a number of axes',
  ],
  [
    Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 0),
    'a-idx3-ubyte.gz: is not an IDX file, which starts with two zero bytes, a known type and a number of axes',
  ],
  [
    Uint8Array.of(0, 0, 8, 3, 0, 0),
    'a-idx3-ubyte.gz: the file ends after 6 bytes, in the middle of its header; it is cut short, so fetch it again',
  ],
  [
    idx(8, [2, 3], [1, 2, 3, 4, 5]),
    'a-idx3-ubyte.gz: its header declares uint8 [2, 3], which takes 6 bytes, but 5 bytes follow; the file is cut short, so fetch it again',
  ],
])('%o is refused in words', async (bytes, message) => {
  await expect(open(bytes)).rejects.toThrow(new DataError(message));
});
