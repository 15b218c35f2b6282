import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate, bytesPerElement, type DType, sizeOf } from '../tensor/index.js';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.js';

const float = (shape: number[], ...values: number[]): StoredTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** A file with this header, which need not make sense, and this many zero bytes of values. */
function file(header: unknown, valueBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + valueBytes);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  return bytes;
}

const f32 = (start: number, end: number, shape: number[] = [(end - start) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [start, end],
});

const names = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', '0', 'encoder.0.weight', '"\\{}', '重み'),
);

const tensors = fc
  .record({
    dtype: fc.constantFrom<DType>('float32', 'int32', 'uint8', 'bool'),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    seed: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 9 }),
  })
  .map(({ dtype, shape, seed }): StoredTensor => {
    const data = allocate(dtype, sizeOf(shape));
    const bits = new Int32Array(data.length).map((_, i) => seed[i % seed.length]);
    if (dtype === 'float32') data.set(new Float32Array(bits.buffer));
    else data.set(dtype === 'bool' ? bits.map((value) => value & 1) : bits);
    return { dtype, shape, data };
  });

const maps = fc.uniqueArray(fc.tuple(names, tensors), { selector: ([name]) => name, maxLength: 6 });
const words = fc.dictionary(names, fc.string({ unit: 'grapheme' }));

test('what is decoded is what was encoded', () => {
  fc.assert(
    fc.property(maps, words, (entries, metadata) => {
      const decoded = decodeSafetensors(encodeSafetensors(new Map(entries), metadata));
      expect(decoded.tensors).toEqual(new Map(entries));
      expect(new Map(Object.entries(decoded.metadata))).toEqual(new Map(Object.entries(metadata)));
    }),
  );
});

test('the bytes do not depend on the order of tensors and metadata', () => {
  fc.assert(
    fc.property(maps, words, (entries, metadata) => {
      const backwards = Object.fromEntries(Object.entries(metadata).reverse());
      const bytes = encodeSafetensors(new Map(entries.toReversed()), backwards);
      expect(bytes).toEqual(encodeSafetensors(new Map(entries), metadata));
    }),
  );
});

test('the values start at a multiple of eight, and each tensor at a multiple of its element size', () => {
  fc.assert(
    fc.property(maps, words, (entries, metadata) => {
      const bytes = encodeSafetensors(new Map(entries), metadata);
      const headerBytes = new DataView(bytes.buffer).getUint32(0, true);
      expect((8 + headerBytes) % 8).toBe(0);
      const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
      for (const [name, { dtype }] of entries) {
        expect(header[name].data_offsets[0] % bytesPerElement(dtype)).toBe(0);
      }
    }),
  );
});

test('a file is what the safetensors library writes for the same tensors', () => {
  // Written by safetensors.numpy.save (safetensors 0.8.0).
  const written =
    'QAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJhIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDRd' +
    'LCJkYXRhX29mZnNldHMiOlswLDBdfSwiYiI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzAs' +
    'OF19LCJzdGVwIjp7ImR0eXBlIjoiSTMyIiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOls4LDEyXX0sInBpeGVscyI6eyJk' +
    'dHlwZSI6IlU4Iiwic2hhcGUiOlsxLDJdLCJkYXRhX29mZnNldHMiOlsxMiwxNF19LCJtYXNrIjp7ImR0eXBlIjoiQk9PTCIs' +
    'InNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzE0LDE3XX19ICAgIAAAAD8AAADABwAAAAn/AQAB';
  const stored = new Map<string, StoredTensor>([
    ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ['step', { dtype: 'int32', shape: [], data: Int32Array.of(7) }],
    ['b', float([2], 0.5, -2)],
    ['pixels', { dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(9, 255) }],
    ['a', float([0, 4])],
  ]);
  const bytes = encodeSafetensors(stored, { format: 'pt' });
  expect(Buffer.from(bytes).toString('base64')).toBe(written);
  expect(decodeSafetensors(Buffer.from(written, 'base64'))).toEqual({
    tensors: stored,
    metadata: { format: 'pt' },
  });
});

test('decoded values are copies, also of a Buffer that starts at an odd byte', () => {
  const bytes = encodeSafetensors(new Map([['w', float([2], 1, 2)]]), {});
  const shifted = Buffer.alloc(bytes.length + 1);
  shifted.set(bytes, 1);
  const { tensors } = decodeSafetensors(shifted.subarray(1));
  shifted.fill(0);
  expect(tensors.get('w')).toEqual(float([2], 1, 2));
});

test('a file cut anywhere is refused', () => {
  const bytes = encodeSafetensors(new Map([['w', float([2], 1, 2)]]), { step: '3' });
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(/^safetensors: /);
  }
});

test('bytes after the last tensor are refused', () => {
  const bytes = encodeSafetensors(new Map([['w', float([1], 1)]]), {});
  const longer = new Uint8Array(bytes.length + 3);
  longer.set(bytes);
  expect(() => decodeSafetensors(longer)).toThrow('3 bytes after the last tensor belong to none');
});

/** Whatever the bytes, there is an answer or a clear error. */
function expectDefined(bytes: Uint8Array): void {
  try {
    for (const { shape, data } of decodeSafetensors(bytes).tensors.values()) {
      expect(data.length).toBe(sizeOf(shape));
    }
  } catch (error) {
    expect(String(error)).toMatch(/^Error: safetensors: /);
  }
}

test('changed bytes give tensors that are sound or a clear error', () => {
  const original = encodeSafetensors(
    new Map([
      ['weight', float([2, 1], 1, 2)],
      ['bias', float([1], 3)],
    ]),
    { step: '3' },
  );
  fc.assert(
    fc.property(fc.nat(original.length - 1), fc.nat(255), (at, value) => {
      const bytes = original.slice();
      bytes[at] = value;
      expectDefined(bytes);
    }),
    { numRuns: 2000 },
  );
});

test('random headers give tensors that are sound or a clear error', () => {
  const header = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((json) => new TextEncoder().encode(json)),
    fc
      .dictionary(
        fc.string(),
        fc.record(
          {
            dtype: fc.constantFrom('F32', 'BOOL'),
            shape: fc.array(fc.integer()),
            data_offsets: fc.array(fc.maxSafeInteger()),
          },
          { requiredKeys: [] },
        ),
      )
      .map((entries) => new TextEncoder().encode(JSON.stringify(entries))),
  );
  fc.assert(
    fc.property(header, fc.nat(100), (json, valueBytes) => {
      const bytes = new Uint8Array(8 + json.length + valueBytes);
      new DataView(bytes.buffer).setUint32(0, json.length, true);
      bytes.set(json, 8);
      expectDefined(bytes);
    }),
    { numRuns: 1000 },
  );
});

test.each<[string, Uint8Array, string]>([
  ['no bytes', new Uint8Array(0), '0 bytes are too few'],
  [
    'a header beyond the end',
    Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b),
    'the header has 9 bytes, but only 1 follow',
  ],
  [
    'a header of 2^63 bytes',
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80),
    'a header of 9223372036854775808 bytes',
  ],
  ['an empty header', new Uint8Array(8), "does not begin with '{'"],
  ['a list', file('[]'), "does not begin with '{'"],
  ['half a JSON', file('{"a":'), 'the header is not JSON in UTF-8'],
  ['another encoding', Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xfe, 0x7d), 'not JSON in UTF-8'],
  ['deep nesting', file(`{"a":${'['.repeat(1e6)}`), 'the header is not JSON'],
  [
    'a name twice',
    file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}'),
    "'a' stands in the header twice",
  ],
  [
    'a key twice',
    file('{"a":{"dtype":"F32","dtype":"I32","shape":[0],"data_offsets":[0,0]}}'),
    "'dtype' stands in the header twice",
  ],
  ['metadata that is a list', file({ __metadata__: [] }), '__metadata__ is [], not an object'],
  ['metadata with a number', file({ __metadata__: { step: 3 } }), "__metadata__ 'step' is 3, not a string"],
  ['no description', file({ w: null }), "tensor 'w' is described by null"],
  [
    'no element type',
    file({ w: { shape: [], data_offsets: [0, 4] } }, 4),
    "tensor 'w' has the element type nothing",
  ],
  [
    'another element type',
    file({ w: { ...f32(0, 4), dtype: 'F16' } }, 4),
    'the element type "F16"; known: F32, I32, U8, BOOL',
  ],
  ['a negative length', file({ w: f32(0, 4, [-1]) }, 4), "tensor 'w' has the shape [-1]"],
  ['a shape of text', file({ w: { ...f32(0, 4), shape: '1' } }, 4), 'has the shape "1"'],
  ['one offset', file({ w: { ...f32(0, 4), data_offsets: [0] } }, 4), 'has the data_offsets [0]'],
  ['offsets the wrong way round', file({ w: f32(4, 0, [1]) }, 4), 'has -4 bytes'],
  ['too few bytes', file({ w: f32(0, 4, [2, 3]) }, 4), 'float32 of shape [2, 3] takes 24'],
  [
    'more elements than numbers',
    file({ w: f32(0, 4, [2 ** 52, 2 ** 52, 2 ** 52]) }, 4),
    "tensor 'w' has 4 bytes",
  ],
  [
    'an infinite size times nothing',
    file({ w: f32(0, 0, [...new Array(30).fill(2 ** 52), 0]) }),
    "tensor 'w' has 0 bytes",
  ],
  ['values beyond the end', file({ w: f32(0, 8) }, 4), 'ends at byte 8 of the values, but there are only 4'],
  ['a huge tensor', file({ w: f32(0, 4e15) }, 4), 'ends at byte 4000000000000000'],
  ['an overlap', file({ a: f32(0, 8), b: f32(4, 12) }, 12), "tensor 'b' overlaps the one before it"],
  ['a gap', file({ a: f32(0, 4), b: f32(8, 12) }, 12), "4 bytes before tensor 'b' belong to no tensor"],
  ['nothing but values', file({}, 4), '4 bytes after the last tensor'],
])('%s is refused', (_, bytes, problem) => {
  expect(() => decodeSafetensors(bytes)).toThrow(problem);
});

test('a truth value is 0 or 1', () => {
  const bytes = file({ mask: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, 1);
  bytes[bytes.length - 1] = 2;
  expect(() => decodeSafetensors(bytes)).toThrow("tensor 'mask' is bool but holds other values than 0 and 1");
});

test('a name may be longer than a regular expression likes', () => {
  const name = 'w'.repeat(5_000_000);
  expect(decodeSafetensors(encodeSafetensors(new Map([[name, float([], 1)]]), {})).tensors.has(name)).toBe(
    true,
  );
});

test('a tensor whose values do not fit what it says of itself is not encoded', () => {
  const encode = (name: string, tensor: StoredTensor) => encodeSafetensors(new Map([[name, tensor]]), {});
  expect(() => encode('w', float([3], 1, 2))).toThrow("tensor 'w' of shape [3] has 2 values");
  expect(() => encode('w', { ...float([1], 1), dtype: 'int32' })).toThrow(
    "tensor 'w' is int32 but its values are a Float32Array",
  );
  expect(() => encode('m', { dtype: 'bool', shape: [1], data: Uint8Array.of(255) })).toThrow(
    "tensor 'm' is bool but holds other values than 0 and 1",
  );
  expect(() => encode('__metadata__', float([1], 1))).toThrow("cannot be a tensor's name");
});
