/** An array in a file: what its header says, and its elements, all of them or those of one sample after another. */
import { type ByteSource, bytesInMemory, concatenated, partOf, showBytes } from './bytes.js';
import { DataError } from './dataset.js';
import { decodeElements, type Elements, type ElementType, elementBytes, toRowMajor } from './elements.js';

export interface ArrayHeader {
  readonly type: ElementType;
  readonly bigEndian: boolean;
  /** Whether the first axis, not the last, is the fastest. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Position of the first element. */
  readonly start: number;
}

export interface StoredArray extends ArrayHeader {
  readonly name: string;
  readonly source: ByteSource;
}

/** @throws DataError if the source does not hold just the elements that the header declares */
export function storedArray(source: ByteSource, header: ArrayHeader): StoredArray {
  const wanted = countOf(header.shape) * elementBytes(header.type);
  const present = source.size - header.start;
  if (present !== wanted) {
    const declared = `declares ${header.type} ${showShape(header.shape)}, which takes ${showBytes(wanted)}`;
    const problem = present < wanted ? 'the file is cut short, so fetch it again' : 'save one array a file';
    throw new DataError(
      `${source.name}: its header ${declared}, but ${showBytes(present)} follow; ${problem}`,
    );
  }
  return { ...header, name: source.name, source };
}

/** All elements, last axis fastest. */
export async function readAll(array: StoredArray): Promise<Elements> {
  const { source, start, shape, type, fortranOrder } = array;
  const values = decodeElements(await source.read(start, source.size), type, array);
  return fortranOrder && shape.length > 1 ? toRowMajor(values, shape) : values;
}

/** Elements at one position of the first axis of an array whose last axis is the fastest. */
export async function readRow(array: StoredArray, row: number): Promise<Elements> {
  const bytes = countOf(array.shape.slice(1)) * elementBytes(array.type);
  const start = array.start + row * bytes;
  return decodeElements(await array.source.read(start, start + bytes), array.type, array);
}

/**
 * Arrays one after another along their first axis.
 *
 * @throws DataError if their elements or other axes differ
 */
export async function joinArrays(arrays: readonly StoredArray[]): Promise<StoredArray> {
  const parts = await Promise.all(arrays.map(inRowMajor));
  const [first] = parts;
  if (parts.length === 1) return first;
  const other = parts.find((array) => describe(array) !== describe(first));
  if (other) {
    const difference = `${other.name} holds ${describe(other)}, but ${first.name} holds ${describe(first)}`;
    throw new DataError(`${difference}; samples that belong together must be alike`);
  }
  const length = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  const source = concatenated(
    first.name,
    parts.map(({ name, source, start }) => partOf(source, name, start, source.size)),
  );
  return { ...first, shape: [length, ...first.shape.slice(1)], start: 0, source };
}

/** The same array with the last axis fastest, which takes reading it if it is not so. */
async function inRowMajor(array: StoredArray): Promise<StoredArray> {
  if (!array.fortranOrder || array.shape.length < 2) return array;
  const values = await readAll(array);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const type =
    values instanceof Float64Array ? 'float64' : values instanceof Float32Array ? 'float32' : array.type;
  return {
    ...array,
    type,
    bigEndian: false,
    fortranOrder: false,
    start: 0,
    source: bytesInMemory(array.name, bytes),
  };
}

function describe({ type, bigEndian, shape }: StoredArray): string {
  const order = bigEndian && elementBytes(type) > 1 ? 'big-endian ' : '';
  return `${order}${type} [count${shape
    .slice(1)
    .map((length) => `, ${length}`)
    .join('')}]`;
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
