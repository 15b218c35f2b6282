/**
 * PLY files: vertices, and faces where there are any; as text or binary, of either byte order.
 *
 * Source: Turk, "The PLY Polygon File Format" (1994).
 */
import { requireCount, UnreadableCloud } from './cloud.js';
import type { Mesh } from './mesh.js';

const TYPES = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
} as const;
type Type = keyof typeof TYPES;

/** What the types were called first. */
const OLD_NAMES: Readonly<Record<string, Type>> = {
  char: 'int8',
  uchar: 'uint8',
  short: 'int16',
  ushort: 'uint16',
  int: 'int32',
  uint: 'uint32',
  float: 'float32',
  double: 'float64',
};

interface Property {
  readonly name: string;
  readonly type: Type;
  /** Type of the number of values, where there are several. */
  readonly counted?: Type;
}

interface Element {
  readonly name: string;
  readonly count: number;
  readonly properties: Property[];
}

/** Numbers one after another, of the type that each is declared to have. */
interface Numbers {
  next(type: Type): number;
}

const HEADER_END = /end_header[^\n]*\n/;
/** Longer headers are those of other files. */
const LONGEST_HEADER = 2 ** 16;

/** @throws UnreadableCloud if it is no PLY file, is cut short, or has no vertices in space */
export function parsePly(bytes: Uint8Array): Mesh {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, LONGEST_HEADER));
  const end = HEADER_END.exec(head);
  if (!head.startsWith('ply') || !end) throw new UnreadableCloud('it has not the header of a PLY file');
  const { format, elements } = parseHeader(head.slice(0, end.index));
  const body = bytes.subarray(end.index + end[0].length);
  const numbers =
    format === 'ascii' ? numbersOfText(body) : numbersOfBytes(body, format !== 'binary_big_endian');
  let vertices: Float64Array | undefined;
  let faces: number[][] = [];
  for (const element of elements) {
    if (element.name === 'vertex') vertices = readVertices(element, numbers);
    else if (element.name === 'face') faces = readFaces(element, numbers);
    else skip(element, numbers);
  }
  if (!vertices) throw new UnreadableCloud('it has no vertices');
  return { vertices, faces };
}

function parseHeader(text: string): { format: string; elements: Element[] } {
  const elements: Element[] = [];
  let format = '';
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'format') [format] = rest;
    if (word === 'element') elements.push({ name: rest[0], count: Number(rest[1]), properties: [] });
    if (word === 'property') elements.at(-1)?.properties.push(parseProperty(rest));
  }
  if (!['ascii', 'binary_little_endian', 'binary_big_endian'].includes(format))
    throw new UnreadableCloud(`its format '${format}' is none of PLY`);
  return { format, elements };
}

function parseProperty(words: readonly string[]): Property {
  const typeOf = (word: string): Type => {
    const type = OLD_NAMES[word] ?? word;
    if (type in TYPES) return type as Type;
    throw new UnreadableCloud(`its header has a property of type '${word}', which there is not`);
  };
  if (words[0] !== 'list') return { type: typeOf(words[0]), name: words[1] };
  return { counted: typeOf(words[1]), type: typeOf(words[2]), name: words[3] };
}

function readVertices({ count, properties }: Element, numbers: Numbers): Float64Array {
  requireCount(count);
  const axes = properties.map(({ name, counted }) => (counted ? -1 : ['x', 'y', 'z'].indexOf(name)));
  if (!axes.includes(0) || !axes.includes(1) || !axes.includes(2))
    throw new UnreadableCloud('its vertices have no x, y and z');
  const vertices = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    properties.forEach((property, p) => {
      const [value] = valuesOf(property, numbers);
      if (axes[p] >= 0) vertices[3 * i + axes[p]] = value;
    });
  }
  return vertices;
}

function readFaces({ count, properties }: Element, numbers: Numbers): number[][] {
  const corners = properties.findIndex(({ name, counted }) => counted && /^vertex_ind/.test(name));
  return Array.from({ length: count }, () => {
    const values = properties.map((property) => valuesOf(property, numbers));
    return values[corners] ?? [];
  });
}

function skip({ count, properties }: Element, numbers: Numbers): void {
  for (let i = 0; i < count; i++) for (const property of properties) valuesOf(property, numbers);
}

function valuesOf({ type, counted }: Property, numbers: Numbers): number[] {
  if (!counted) return [numbers.next(type)];
  const count = numbers.next(counted);
  return Array.from({ length: count }, () => numbers.next(type));
}

const cutShort = () => new UnreadableCloud('it is cut short');

function numbersOfText(bytes: Uint8Array): Numbers {
  const words = new TextDecoder('latin1').decode(bytes).matchAll(/\S+/g);
  return {
    next() {
      const { value, done } = words.next();
      if (done) throw cutShort();
      const number = Number(value[0]);
      if (Number.isNaN(number) && !/^[+-]?nan$/i.test(value[0]))
        throw new UnreadableCloud(`it has '${value[0]}' where a number should be`);
      return number;
    },
  };
}

function numbersOfBytes(bytes: Uint8Array, littleEndian: boolean): Numbers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const readers: Record<Type, (at: number) => number> = {
    int8: (at) => view.getInt8(at),
    uint8: (at) => view.getUint8(at),
    int16: (at) => view.getInt16(at, littleEndian),
    uint16: (at) => view.getUint16(at, littleEndian),
    int32: (at) => view.getInt32(at, littleEndian),
    uint32: (at) => view.getUint32(at, littleEndian),
    float32: (at) => view.getFloat32(at, littleEndian),
    float64: (at) => view.getFloat64(at, littleEndian),
  };
  let at = 0;
  return {
    next(type) {
      if (at + TYPES[type] > bytes.length) throw cutShort();
      const value = readers[type](at);
      at += TYPES[type];
      return value;
    },
  };
}
