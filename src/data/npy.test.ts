import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesInMemory } from './bytes.js';
import { DataError } from './dataset.js';
import { encodeNpy, openNpy } from './npy.js';
import { readAll, readRow } from './storedArray.js';

interface File {
  descr: string;
  shape: string;
  fortran?: boolean;
  version?: 1 | 2 | 3;
  bytes: Uint8Array;
}

/** An NPY file written here by hand, byte by byte. */
function npy({ descr, shape, fortran = false, version = 1, bytes }: File): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }\n`;
  const length =
    version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...length,
    ...new TextEncoder().encode(text),
    ...bytes,
  ]);
}

const open = (bytes: Uint8Array) => openNpy(bytesInMemory('a.npy', bytes));
const bytesOf = ({ buffer }: ArrayBufferView) => new Uint8Array(buffer);

const arrays = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
);

test('what is written is what is read', async () => {
  await fc.assert(
    fc.asyncProperty(arrays, async (values) => {
      const array = await open(encodeNpy(values, [values.length]));
      expect(array.shape).toEqual([values.length]);
      expect(await readAll(array)).toEqual(values);
    }),
  );
});

test('elements start at a multiple of 64 bytes, and the header is what NumPy writes', () => {
  const bytes = encodeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  expect(bytes.length).toBe(128 + 24);
  const header = new TextDecoder('latin1').decode(bytes.subarray(0, 128));
  expect(header.slice(0, 8)).toBe('\x93NUMPY\x01\x00');
  expect(header.slice(10).trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  expect(header.endsWith('\n')).toBe(true);
});

test.each<[string, Uint8Array, number[]]>([
  ['|b1', Uint8Array.of(0, 1, 2), [0, 1, 1]],
  ['|i1', Uint8Array.of(255, 127), [-1, 127]],
  ['<i2', Uint8Array.of(0xfe, 0xff), [-2]],
  ['>i2', Uint8Array.of(0xff, 0xfe), [-2]],
  ['>u2', Uint8Array.of(0x01, 0x02), [258]],
  ['>i4', Uint8Array.of(0, 1, 0, 2), [65_538]],
  ['<u4', Uint8Array.of(255, 255, 255, 255), [4_294_967_295]],
  ['<i8', bytesOf(BigInt64Array.of(-(2n ** 53n) + 1n, 7n)), [-(2 ** 53) + 1, 7]],
  ['<u8', bytesOf(BigUint64Array.of(2n ** 53n - 1n)), [2 ** 53 - 1]],
  ['>f8', bytesOf(Float64Array.of(0.1)).slice().reverse(), [0.1]],
  ['=f4', bytesOf(Float32Array.of(1.5)), [1.5]],
  // Half, the smallest subnormal, the largest number, −0, infinity.
  [
    '<f2',
    Uint8Array.of(0, 0x38, 1, 0, 0xff, 0x7b, 0, 0x80, 0, 0x7c),
    [0.5, 2 ** -24, 65_504, -0, Number.POSITIVE_INFINITY],
  ],
])('elements %s are read', async (descr, bytes, values) => {
  const count = values.length;
  const array = await open(npy({ descr, shape: `${count},`, bytes }));
  expect([...(await readAll(array))]).toEqual(values);
});

test.each([1, 2, 3] as const)('version %i is read', async (version) => {
  const array = await open(npy({ descr: '|u1', shape: '3,', version, bytes: Uint8Array.of(4, 5, 6) }));
  expect([...(await readAll(array))]).toEqual([4, 5, 6]);
});

test("an array in Fortran's order is read as the same array in C's", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
      async (shape) => {
        const count = shape.reduce((product, length) => product * length, 1);
        const inC = Uint8Array.from({ length: count }, (_, i) => i);
        const inFortran = new Uint8Array(count);
        for (let i = 0; i < count; i++) {
          // Position on every axis, from the last; then the offset with the first axis fastest.
          let [rest, offset, stride] = [i, 0, 1];
          const position = shape.map(() => 0);
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            position[axis] = rest % shape[axis];
            rest = Math.floor(rest / shape[axis]);
          }
          for (const [axis, at] of position.entries()) {
            offset += at * stride;
            stride *= shape[axis];
          }
          inFortran[offset] = inC[i];
        }
        const array = await open(
          npy({ descr: '|u1', shape: `${shape.join(', ')},`, fortran: true, bytes: inFortran }),
        );
        expect(await readAll(array)).toEqual(inC);
      },
    ),
  );
});

test('one row is read without the others', async () => {
  const array = await open(
    npy({ descr: '>i2', shape: '3, 2', bytes: Uint8Array.of(0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6) }),
  );
  expect([...(await readRow(array, 1))]).toEqual([3, 4]);
});

test('a file cut short anywhere is refused in words', async () => {
  const whole = encodeNpy(Int16Array.of(1, 2, 3), [3]);
  for (let length = 0; length < whole.length; length++) {
    await expect(open(whole.subarray(0, length))).rejects.toThrow(DataError);
  }
});

test.each<[string, Uint8Array, string]>([
  ['not NPY', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 'a.npy: is not an NPY file; save it with numpy.save'],
  [
    'objects',
    npy({ descr: '|O', shape: '1,', bytes: new Uint8Array(8) }),
    'a.npy: holds pickled Python objects, which are not read for safety; save it as numbers, for example with array.astype("float32")',
  ],
  [
    'words',
    npy({ descr: '<U3', shape: '1,', bytes: new Uint8Array(12) }),
    'a.npy: holds elements \'<U3\', which are not plain numbers; save it as numbers, for example with array.astype("float32")',
  ],
  [
    'too short',
    npy({ descr: '<f4', shape: '2, 3', bytes: new Uint8Array(20) }),
    'a.npy: its header declares float32 [2, 3], which takes 24 bytes, but 20 bytes follow; the file is cut short, so fetch it again',
  ],
  [
    'too long',
    npy({ descr: '|u1', shape: '2,', bytes: new Uint8Array(3) }),
    'a.npy: its header declares uint8 [2], which takes 2 bytes, but 3 bytes follow; save one array a file',
  ],
  [
    'absurdly large',
    npy({ descr: '|u1', shape: '99999999999999999999, 99999999999', bytes: new Uint8Array(3) }),
    'a.npy: its header declares uint8 [100000000000000000000, 99999999999], which takes 9.09e+18 TiB, but 3 bytes follow; the file is cut short, so fetch it again',
  ],
])('a file that is %s is refused in words', async (_, bytes, message) => {
  await expect(open(bytes)).rejects.toThrow(new DataError(message));
});

test('a whole number that float64 does not hold exactly is refused by name', async () => {
  const array = await open(
    npy({ descr: '<i8', shape: '2,', bytes: bytesOf(BigInt64Array.of(1n, 2n ** 53n + 1n)) }),
  );
  await expect(readAll(array)).rejects.toThrow(
    new DataError(
      'a.npy: element 1 is 9007199254740993, beyond the whole numbers up to 2^53 that are read exactly; save the array as float64 or scale it',
    ),
  );
});

test('values that do not fill the shape are not written', () => {
  expect(() => encodeNpy(Uint8Array.of(1), [2])).toThrow('encodeNpy: 1 values do not fill shape [2]');
});
