import fc from 'fast-check';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { bytesInMemory } from './bytes.js';
import { DataError } from './dataset.js';
import { encodeNpy } from './npy.js';
import { encodeNpz, openNpz } from './npz.js';
import { readAll } from './storedArray.js';

const open = (bytes: Uint8Array) => openNpz(bytesInMemory('a.npz', bytes));

async function arraysOf(bytes: Uint8Array) {
  const found: Record<string, { values: ArrayLike<number>; shape: readonly number[] }> = {};
  for (const [name, openArray] of await open(bytes)) {
    const array = await openArray();
    found[name] = { values: await readAll(array), shape: array.shape };
  }
  return found;
}

test('what is written is what is read', async () => {
  const names = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
  const values = fc.oneof(fc.uint8Array(), fc.float32Array({ noNaN: true }), fc.int32Array());
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(names, values, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
      async (given) => {
        const arrays = Object.fromEntries(
          Object.entries(given).map(([name, data]) => [name, { values: data, shape: [1, data.length] }]),
        );
        expect(await arraysOf(encodeNpz(arrays))).toEqual(arrays);
      },
    ),
    { numRuns: 50 },
  );
});

test('equal arrays give equal bytes', () => {
  const make = () => encodeNpz({ x: { values: Uint8Array.of(1, 2), shape: [2] } });
  expect(make()).toEqual(make());
});

test('stored and packed entries are read alike, and what is not an array is passed over', async () => {
  const npy = encodeNpy(
    Uint8Array.from({ length: 500 }, (_, i) => i % 7),
    [500],
  );
  const archive = zipSync({
    'a.npy': [npy, { level: 0 }],
    'b.npy': [npy, { level: 9 }],
    'note.txt': Uint8Array.of(65),
  });
  const { a, b, ...others } = await arraysOf(archive);
  expect(a).toEqual(b);
  expect(others).toEqual({});
});

test('a file cut short anywhere is refused in words', async () => {
  const whole = encodeNpz({
    x: { values: Float32Array.of(1, 2, 3), shape: [3] },
    y: { values: Uint8Array.of(1), shape: [1] },
  });
  for (let length = 0; length < whole.length; length++) {
    await expect(arraysOf(whole.subarray(0, length))).rejects.toThrow(DataError);
  }
});

test('any changed byte gives the same arrays or an error in words', async () => {
  const whole = encodeNpz({
    x: { values: Uint8Array.from({ length: 300 }, (_, i) => (i * i) % 251), shape: [300] },
  });
  const right = await arraysOf(whole);
  for (let at = 0; at < whole.length; at++) {
    const damaged = whole.slice();
    damaged[at] ^= 0x21;
    try {
      const read = await arraysOf(damaged);
      // Only names, dates and attributes have no checksum.
      expect(Object.values(read)).toEqual(Object.values(right));
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
    }
  }
});

/** Where the central directory's only entry stands in an archive. */
function directoryEntry(archive: Uint8Array): DataView {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  const start = view.getUint32(archive.length - 22 + 16, true);
  return new DataView(archive.buffer, archive.byteOffset + start);
}

test('an entry that gives more than it declares is refused', async () => {
  const archive = encodeNpz({ x: { values: new Uint8Array(10_000), shape: [10_000] } });
  directoryEntry(archive).setUint32(24, 1000, true);
  await expect(arraysOf(archive)).rejects.toThrow(
    new DataError('a.npz:x.npy: is declared to unpack to 1000 bytes, but gives more; fetch it again'),
  );
});

test('an entry that gives less than it declares is refused', async () => {
  const archive = encodeNpz({ x: { values: new Uint8Array(100), shape: [100] } });
  directoryEntry(archive).setUint32(24, 1000, true);
  await expect(arraysOf(archive)).rejects.toThrow(
    new DataError(
      'a.npz:x.npy: is declared to unpack to 1000 bytes, but gives only 228 bytes; fetch it again',
    ),
  );
});

test('a bomb is refused before it is unpacked', async () => {
  const archive = encodeNpz({ x: { values: new Uint8Array(2 ** 27), shape: [2 ** 27] } });
  await expect(arraysOf(archive)).rejects.toThrow(
    /^a\.npz:x\.npy: 12\d KiB unpack to 128 MiB and more, as in a bomb that fills the memory; unpack it yourself if you trust it, and give the file that comes out$/,
  );
  directoryEntry(archive).setUint32(24, 0xfffffffe, true);
  await expect(arraysOf(archive)).rejects.toThrow(/unpack to 4.00 GiB and more, as in a bomb/);
});

test.each<[string, Uint8Array, string]>([
  [
    'no zip',
    Uint8Array.from('not a zip', (c) => c.charCodeAt(0)),
    'a.npz: is not a whole zip archive, for its end is missing; fetch or save it again',
  ],
  [
    'no arrays',
    zipSync({ 'a.txt': Uint8Array.of(1) }),
    'a.npz: holds no array (.npy); save it with numpy.savez',
  ],
])('an archive with %s is refused in words', async (_, bytes, message) => {
  await expect(open(bytes)).rejects.toThrow(new DataError(message));
});

test('an encrypted entry is refused in words', async () => {
  const archive = encodeNpz({ x: { values: Uint8Array.of(1), shape: [1] } });
  const entry = directoryEntry(archive);
  entry.setUint16(8, entry.getUint16(8, true) | 1, true);
  await expect(arraysOf(archive)).rejects.toThrow(
    new DataError('a.npz:x.npy: is encrypted; save the archive without a password'),
  );
});

test('an entry of another zip method is refused in words', async () => {
  const archive = encodeNpz({ x: { values: Uint8Array.of(1), shape: [1] } });
  directoryEntry(archive).setUint16(10, 14, true);
  await expect(arraysOf(archive)).rejects.toThrow(
    new DataError(
      'a.npz:x.npy: is packed by zip method 14, not the usual 8 (deflate); pack it again with that',
    ),
  );
});
