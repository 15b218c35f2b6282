/**
 * The safetensors format: named tensors, and a few words about them, in bytes that hold no code.
 *
 *   length of the header (8 bytes, little-endian) · header (JSON, padded with spaces) · values (row-major, no gaps)
 *
 * Source: the format section of the README of huggingface/safetensors. What that library writes is read here and the
 * other way round, for the element types that vaekit has.
 */
import {
  allocate,
  bytesPerElement,
  type DType,
  type Shape,
  show,
  sizeOf,
  type TensorData,
  toData,
} from '../tensor/index.js';

export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Row-major. */
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Names of the element types, in the order in which tensors are stored: that keeps wide elements aligned. */
const DTYPE_NAMES: ReadonlyMap<DType, string> = new Map([
  ['float32', 'F32'],
  ['int32', 'I32'],
  ['uint8', 'U8'],
  ['bool', 'BOOL'],
]);
const DTYPES: ReadonlyMap<unknown, DType> = new Map(
  Array.from(DTYPE_NAMES, ([dtype, name]) => [name, dtype]),
);

const METADATA = '__metadata__';
const LENGTH_BYTES = 8;
/** The values start at a multiple of this. */
const ALIGNMENT = 8;
/** What other readers of the format take at most. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * The same tensors and metadata give the same bytes, in whatever order they come.
 *
 * @throws Error naming a tensor whose values do not fit its shape or element type
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const order = [...DTYPE_NAMES.keys()];
  const stored = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      order.indexOf(a.dtype) - order.indexOf(b.dtype) || (nameA < nameB ? -1 : Number(nameA > nameB)),
  );
  let dataBytes = 0;
  const entries: [name: string, entry: unknown][] = [[METADATA, sorted(metadata)]];
  for (const [name, tensor] of stored) {
    requireWritable(name, tensor);
    const end = dataBytes + tensor.data.byteLength;
    const { dtype, shape } = tensor;
    entries.push([name, { dtype: DTYPE_NAMES.get(dtype), shape, data_offsets: [dataBytes, end] }]);
    dataBytes = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const [, { data }] of stored) {
    // Every platform that runs JavaScript today is little-endian, as the format is.
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads what `encodeSafetensors` or another library wrote. The values are copies and share nothing with `bytes`.
 *
 * @throws Error saying what is wrong with the bytes; nothing that does not keep to the format is accepted
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const valuesAt = LENGTH_BYTES + headerLength(bytes);
  const { [METADATA]: metadata = {}, ...entries } = readHeader(bytes.subarray(LENGTH_BYTES, valuesAt));
  const data = bytes.subarray(valuesAt);
  if (!isRecord(metadata)) throw malformed(`${METADATA} is ${brief(metadata)}, not an object`);
  const words = Object.entries(metadata).map(([key, value]) => {
    if (typeof value !== 'string') throw malformed(`${METADATA} '${key}' is ${brief(value)}, not a string`);
    return [key, value] as const;
  });
  const stored = Object.entries(entries).map(([name, entry]) => readEntry(name, entry));
  stored.sort((a, b) => a.start - b.start || a.end - b.end);
  const tensors = new Map<string, StoredTensor>();
  let at = 0;
  for (const { name, dtype, shape, start, end } of stored) {
    if (start < at) throw malformed(`tensor '${name}' overlaps the one before it`);
    if (start > at) throw malformed(`${start - at} bytes before tensor '${name}' belong to no tensor`);
    if (end > data.length) {
      throw malformed(
        `tensor '${name}' ends at byte ${end} of the values, but there are only ${data.length}`,
      );
    }
    tensors.set(name, { dtype, shape, data: readValues(name, dtype, data.subarray(start, end)) });
    at = end;
  }
  if (at < data.length) throw malformed(`${data.length - at} bytes after the last tensor belong to none`);
  return { tensors, metadata: Object.fromEntries(words) };
}

function malformed(problem: string): Error {
  return new Error(`safetensors: ${problem}`);
}

function sorted(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function requireWritable(name: string, { dtype, shape, data }: StoredTensor): void {
  if (name === METADATA) throw malformed(`'${METADATA}' cannot be a tensor's name`);
  if (toData(dtype, data) !== data) {
    throw malformed(`tensor '${name}' is ${dtype} but its values are a ${data.constructor.name}`);
  }
  if (data.length !== sizeOf(shape)) {
    throw malformed(`tensor '${name}' of shape ${show(shape)} has ${data.length} values`);
  }
  requireTruthValues(name, dtype, data);
}

function requireTruthValues(name: string, dtype: DType, data: TensorData): void {
  if (dtype === 'bool' && data.some((value) => value > 1)) {
    throw malformed(`tensor '${name}' is bool but holds other values than 0 and 1`);
  }
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) {
    throw malformed(
      `${bytes.length} bytes are too few; the length of the header alone takes ${LENGTH_BYTES}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw malformed(
      `a header of ${length} bytes is more than the ${MAX_HEADER_BYTES} that the format allows`,
    );
  }
  const following = bytes.length - LENGTH_BYTES;
  if (length > following) throw malformed(`the header has ${length} bytes, but only ${following} follow`);
  return Number(length);
}

function readHeader(raw: Uint8Array): Record<string, unknown> {
  if (raw[0] !== 0x7b) throw malformed("the header does not begin with '{'");
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
    header = JSON.parse(text);
  } catch (error) {
    throw malformed(`the header is not JSON in UTF-8 (${error instanceof Error ? error.message : error})`);
  }
  if (!isRecord(header)) throw malformed('the header is not an object');
  requireDistinctKeys(text);
  return header;
}

/** `JSON.parse` keeps the last of two equal keys without a word. */
function requireDistinctKeys(json: string): void {
  const open: Set<string>[] = [];
  for (const [token, key, colon] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*(:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon) {
      const name = String(JSON.parse(key));
      const keys = open[open.length - 1];
      if (keys.has(name)) throw malformed(`'${name}' stands in the header twice`);
      keys.add(name);
    }
  }
}

function readEntry(name: string, entry: unknown) {
  if (!isRecord(entry)) throw malformed(`tensor '${name}' is described by ${brief(entry)}, not an object`);
  const dtype = DTYPES.get(entry.dtype);
  if (!dtype) {
    const known = [...DTYPES.keys()].join(', ');
    throw malformed(`tensor '${name}' has the element type ${brief(entry.dtype)}; known: ${known}`);
  }
  const { shape, data_offsets: offsets } = entry;
  if (!isCounts(shape)) throw malformed(`tensor '${name}' has the shape ${brief(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw malformed(`tensor '${name}' has the data_offsets ${brief(offsets)}, not its first and last byte`);
  }
  const [start, end] = offsets;
  const wanted = sizeOf(shape) * bytesPerElement(dtype);
  if (end - start !== wanted) {
    const place = `has ${end - start} bytes, [${start}, ${end})`;
    throw malformed(`tensor '${name}' ${place}, but ${dtype} of shape ${show(shape)} takes ${wanted}`);
  }
  return { name, dtype, shape, start, end };
}

function readValues(name: string, dtype: DType, bytes: Uint8Array): TensorData {
  const data = allocate(dtype, bytes.length / bytesPerElement(dtype));
  new Uint8Array(data.buffer).set(bytes);
  requireTruthValues(name, dtype, data);
  return data;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** A value as the header has it, cut to what fits a message. */
function brief(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 40 ? `${json.slice(0, 40)}…` : json;
}
