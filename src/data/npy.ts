/**
 * NPY files: one NumPy array each.
 *
 * Source: NumPy Enhancement Proposal 1 and the format versions 1.0 to 3.0 in numpy.lib.format's documentation.
 */
import { type ByteSource, readWithin } from './bytes.js';
import { DataError } from './dataset.js';
import type { Elements, ElementType } from './elements.js';
import { countOf, type StoredArray, showShape, storedArray } from './storedArray.js';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // \x93NUMPY
const ALIGNMENT = 64;

const types: Record<string, ElementType> = {
  b1: 'bool',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

export async function isNpy(source: ByteSource): Promise<boolean> {
  const bytes = await source.read(0, Math.min(MAGIC.length, source.size));
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** @throws DataError if the source is no NPY file, is cut short, or holds what is no array of numbers */
export async function openNpy(source: ByteSource): Promise<StoredArray> {
  const { name } = source;
  if (!(await isNpy(source))) throw new DataError(`${name}: is not an NPY file; save it with numpy.save`);
  const [, , , , , , version] = await readWithin(source, 0, 8, 'header');
  if (version < 1 || version > 3) {
    throw new DataError(`${name}: has NPY version ${version}, and 1 to 3 are known; save it with numpy.save`);
  }
  const lengthEnd = version === 1 ? 10 : 12;
  const prefix = await readWithin(source, 0, lengthEnd, 'header');
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = lengthEnd + length;
  const text = new TextDecoder().decode(await readWithin(source, lengthEnd, start, 'header'));
  return storedArray(source, { ...parseHeader(name, text), start });
}

function parseHeader(
  name: string,
  text: string,
): Pick<StoredArray, 'type' | 'bigEndian' | 'fortranOrder' | 'shape'> {
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\d\sL,]*)\)/.exec(text);
  if (!order || !shape) throw new DataError(`${name}: its header is not that of an NPY file; save it again`);
  const described = /'descr':\s*'([<>|=]?)([a-zA-Z]\d*)'/.exec(text);
  const type = described ? types[described[2]] : undefined;
  if (!described || !type) throw new DataError(`${name}: ${unknownType(text)}`);
  return {
    type,
    bigEndian: described[1] === '>',
    fortranOrder: order[1] === 'True',
    shape: [...shape[1].matchAll(/\d+/g)].map(([length]) => Number(length)),
  };
}

function unknownType(text: string): string {
  const descr = /'descr':\s*('[^']*'|\[.*?\])/.exec(text)?.[1] ?? 'of no type';
  const remedy = 'save it as numbers, for example with array.astype("float32")';
  if (descr.includes('O')) return `holds pickled Python objects, which are not read for safety; ${remedy}`;
  return `holds elements ${descr}, which are not plain numbers; ${remedy}`;
}

const codes = new Map<unknown, string>([
  [Int8Array, '|i1'],
  [Uint8Array, '|u1'],
  [Int16Array, '<i2'],
  [Uint16Array, '<u2'],
  [Int32Array, '<i4'],
  [Uint32Array, '<u4'],
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
]);

/**
 * An NPY file of version 1.0, little-endian, in C's order. Words are stored as NumPy's `<U`, all as wide as the longest.
 *
 * @throws RangeError if the values do not fill the shape
 */
export function encodeNpy(
  values: Elements | readonly string[],
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  if (countOf(shape) !== values.length) {
    throw new RangeError(`encodeNpy: ${values.length} values do not fill shape ${showShape(shape)}`);
  }
  const { descr, bytes: content } = isWords(values) ? encodeWords(values) : encodeNumbers(values);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = MAGIC.length + 4 + dictionary.length + 1;
  const start = Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT;
  const header = `${dictionary}${' '.repeat(start - unpadded)}\n`;
  const bytes = new Uint8Array(start + content.length);
  bytes.set([...MAGIC, 1, 0, header.length & 0xff, header.length >>> 8]);
  bytes.set(new TextEncoder().encode(header), MAGIC.length + 4);
  bytes.set(content, start);
  return bytes;
}

interface Encoded {
  readonly descr: string;
  readonly bytes: Uint8Array;
}

function isWords(values: Elements | readonly string[]): values is readonly string[] {
  return Array.isArray(values);
}

function encodeNumbers(values: Elements): Encoded {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { descr: codes.get(values.constructor) ?? '', bytes };
}

/** UTF-32, shorter words filled up with zeros. */
function encodeWords(words: readonly string[]): Encoded {
  const letters = words.map((word) => Array.from(word, (letter) => letter.codePointAt(0) ?? 0));
  const width = letters.reduce((most, { length }) => Math.max(most, length), 1);
  const view = new DataView(new ArrayBuffer(4 * width * words.length));
  letters.forEach((word, i) => {
    word.forEach((letter, j) => {
      view.setUint32(4 * (i * width + j), letter, true);
    });
  });
  return { descr: `<U${width}`, bytes: new Uint8Array(view.buffer) };
}
