/** Numbers as array files hold them: of many types, of either byte order; and what they become here. */
import { DataError } from './dataset.js';

export type ElementType =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float16'
  | 'float32'
  | 'float64';

export type Elements =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

const ELEMENT_BYTES: Record<ElementType, number> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
};

export function elementBytes(type: ElementType): number {
  return ELEMENT_BYTES[type];
}

/**
 * Elements as typed arrays, which are little-endian wherever Node and browsers run: bool as 0 and 1, float16 as float32, and whole numbers of 64 bits as float64, which
 * holds them up to 2⁵³.
 *
 * @param bytes a whole number of elements
 * @throws DataError naming a whole number beyond ±2⁵³
 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  { name, bigEndian }: { name: string; bigEndian: boolean },
): Elements {
  if (type === 'uint8') return bytes;
  if (type === 'bool') return bytes.map((value) => (value ? 1 : 0));
  const size = ELEMENT_BYTES[type];
  // A copy of its own, which starts where an array of such elements may start.
  const own = bytes.slice();
  if (bigEndian) {
    for (let at = 0; at < own.length; at += size) own.subarray(at, at + size).reverse();
  }
  const { buffer } = own;
  switch (type) {
    case 'int8':
      return new Int8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer), float16);
    case 'int64':
      return wholeNumbers(name, new BigInt64Array(buffer));
    case 'uint64':
      return wholeNumbers(name, new BigUint64Array(buffer));
  }
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction * 2 ** -10) * 2 ** (exponent - 15);
}

function wholeNumbers(name: string, values: BigInt64Array | BigUint64Array): Float64Array {
  const numbers = Float64Array.from(values, Number);
  const at = numbers.findIndex((value) => !Number.isSafeInteger(value));
  if (at >= 0) {
    throw new DataError(
      `${name}: element ${at} is ${values[at]}, beyond the whole numbers up to 2^53 that are read exactly; save the array as float64 or scale it`,
    );
  }
  return numbers;
}

/**
 * The same values as float32.
 *
 * @throws DataError naming a number that is too large for it
 */
export function toFloat32(name: string, values: Elements): Float32Array {
  if (values instanceof Float32Array) return values;
  const rounded = Float32Array.from(values);
  const at = rounded.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(values[i]));
  if (at >= 0) {
    throw new DataError(
      `${name}: element ${at} is ${values[at]}, beyond what float32 holds (about 3.4e38); scale the array before saving it`,
    );
  }
  return rounded;
}

/** Values of an array of Fortran's order (first axis fastest) in C's order (last axis fastest). */
export function toRowMajor(values: Elements, shape: readonly number[]): Elements {
  const result = values.slice();
  const position = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) =>
    shape.slice(0, axis).reduce((product, length) => product * length, 1),
  );
  let from = 0;
  for (let to = 0; to < values.length; to++) {
    result[to] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++position[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return result;
}
