/**
 * IDX files, plain or packed with gzip: the format of MNIST.
 *
 * Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", section on file formats.
 */
import { type ByteSource, readWithin } from './bytes.js';
import { DataError } from './dataset.js';
import type { ElementType } from './elements.js';
import { unpacked } from './inflate.js';
import { type StoredArray, storedArray } from './storedArray.js';

const types = new Map<number, ElementType>([
  [0x08, 'uint8'],
  [0x09, 'int8'],
  [0x0b, 'int16'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);

/** Two zero bytes, a known type and a number of axes: what every IDX file starts with. */
export async function isIdx(source: ByteSource): Promise<boolean> {
  const [first, second, type, rank] = await source.read(0, Math.min(4, source.size));
  return first === 0 && second === 0 && types.has(type) && rank > 0;
}

/** @throws DataError if the source is no IDX file or does not hold just what its header declares */
export async function openIdx(packed: ByteSource): Promise<StoredArray> {
  const source = await unpacked(packed);
  const [first, second, code, rank] = await readWithin(source, 0, 4, 'header');
  const type = types.get(code);
  if (first !== 0 || second !== 0 || !type || rank === 0) {
    throw new DataError(
      `${source.name}: is not an IDX file, which starts with two zero bytes, a known type and a number of axes`,
    );
  }
  const start = 4 + 4 * rank;
  const header = await readWithin(source, 0, start, 'header');
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  return storedArray(source, { type, bigEndian: true, fortranOrder: false, shape, start });
}
