/**
 * Reads ONNX models from the protobuf wire format: their graph as far as a network of fixed weights has one.
 *
 * Source: onnx/onnx.proto3 of ONNX (field numbers). Other fields are passed over.
 */
import { type Dimension, ELEMENT_TYPES, type ElementType, type OnnxTensor, type OnnxValue } from './proto.js';
import { type Field, fieldsOf, packedInts } from './wire.js';

/** What a file holds that cannot be read, in the words that follow its name. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError';
}

export interface ReadAttribute {
  readonly float?: number;
  readonly int?: number;
  readonly text?: string;
  readonly tensor?: OnnxTensor;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}

export interface ReadNode {
  readonly name: string;
  readonly op: string;
  /** Of the operator's set; empty for ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, ReadAttribute>;
}

export interface ReadModel {
  /** Version of ONNX's own operators. */
  readonly opset: number;
  readonly nodes: readonly ReadNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Of TensorProto.DataLocation. */
const EXTERNAL = 1n;

/** @throws OnnxError if the bytes are no model, end too early, or keep their weights in another file */
export function readModel(bytes: Uint8Array): ReadModel {
  try {
    return modelOf(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OnnxError(`is no ONNX model, or is cut short (${error.message}); export it again`);
  }
}

function modelOf(bytes: Uint8Array): ReadModel {
  let graph: Uint8Array | undefined;
  let opset = 0;
  for (const { number, bytes: value } of fieldsOf(bytes)) {
    if (number === 7) graph = value;
    if (number === 8) {
      const { domain, version } = operatorSet(value);
      if (domain === '' || domain === 'ai.onnx') opset = version;
    }
  }
  if (!graph) throw new OnnxError('is no ONNX model, for it has no graph; export it again');
  return { opset, ...graphOf(graph) };
}

function operatorSet(bytes: Uint8Array): { domain: string; version: number } {
  const set = { domain: '', version: 0 };
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) set.domain = text(field);
    if (field.number === 2) set.version = Number(field.int);
  }
  return set;
}

function graphOf(bytes: Uint8Array): Omit<ReadModel, 'opset'> {
  const nodes: ReadNode[] = [];
  const initializers: OnnxTensor[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  for (const { number, bytes: value } of fieldsOf(bytes)) {
    if (number === 1) nodes.push(nodeOf(value));
    if (number === 5) initializers.push(tensorOf(value));
    if (number === 11) inputs.push(portOf(value));
    if (number === 12) outputs.push(portOf(value));
  }
  return { nodes, initializers, inputs, outputs };
}

function nodeOf(bytes: Uint8Array): ReadNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, ReadAttribute>();
  let [name, op, domain] = ['', '', ''];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) inputs.push(text(field));
    if (field.number === 2) outputs.push(text(field));
    if (field.number === 3) name = text(field);
    if (field.number === 4) op = text(field);
    if (field.number === 5) attributes.set(...attributeOf(field.bytes));
    if (field.number === 7) domain = text(field);
  }
  return { name, op, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

function attributeOf(bytes: Uint8Array): [string, ReadAttribute] {
  let name = '';
  const floats: number[] = [];
  const ints: number[] = [];
  const single: { float?: number; int?: number; text?: string; tensor?: OnnxTensor } = {};
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) name = text(field);
    if (field.number === 2) [single.float] = float32(field.bytes);
    if (field.number === 3) single.int = Number(field.int);
    if (field.number === 4) single.text = text(field);
    if (field.number === 5) single.tensor = tensorOf(field.bytes);
    if (field.number === 7) floats.push(...float32(field.bytes));
    if (field.number === 8) ints.push(...intsOf(field).map(Number));
  }
  return [name, { ...single, floats, ints }];
}

function portOf(bytes: Uint8Array): OnnxValue {
  let name = '';
  let type: ElementType = 'float32';
  const shape: Dimension[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) name = text(field);
    if (field.number !== 2) continue;
    for (const ofType of fieldsOf(field.bytes)) {
      if (ofType.number !== 1) continue;
      for (const ofTensor of fieldsOf(ofType.bytes)) {
        if (ofTensor.number === 1) type = elementType(ofTensor.int ?? 0n, name);
        if (ofTensor.number !== 2) continue;
        for (const dimension of fieldsOf(ofTensor.bytes))
          if (dimension.number === 1) shape.push(dimensionOf(dimension.bytes));
      }
    }
  }
  return { name, type, shape };
}

/** A length, or the name of one that is open; a nameless one where nothing is said. */
function dimensionOf(bytes: Uint8Array): Dimension {
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) return Number(field.int);
    if (field.number === 2) return text(field);
  }
  return '';
}

function tensorOf(bytes: Uint8Array): OnnxTensor {
  const shape: number[] = [];
  const numbers: number[] = [];
  const large: bigint[] = [];
  let [name, code] = ['', 0n];
  let raw: Uint8Array | undefined;
  let isExternal = false;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) shape.push(...intsOf(field).map(Number));
    if (field.number === 2) code = field.int ?? 0n;
    if (field.number === 4) for (const value of float32(field.bytes)) numbers.push(value);
    if (field.number === 5) for (const value of intsOf(field)) numbers.push(Number(value));
    if (field.number === 7) for (const value of intsOf(field)) large.push(value);
    if (field.number === 8) name = text(field);
    if (field.number === 9) raw = field.bytes;
    if (field.number === 14) isExternal = field.int === EXTERNAL;
  }
  if (isExternal) throw new OnnxError(`keeps its weights in another file ('${name}'); save it as one file`);
  const type = elementType(code, name);
  const data = raw ? elementsOf(type, raw) : listed(type, numbers, large);
  const count = shape.reduce((product, length) => product * length, 1);
  if (data.length !== count)
    throw new OnnxError(
      `holds ${data.length} values of '${name}' where its shape asks for ${count}; export it again`,
    );
  return { name, type, shape, data };
}

function listed(type: ElementType, numbers: number[], large: bigint[]): OnnxTensor['data'] {
  if (type === 'int64') return BigInt64Array.from(large);
  if (type === 'float32') return Float32Array.from(numbers);
  return type === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

/** Little-endian, as the format says, and as all machines are that run this. */
function elementsOf(type: ElementType, raw: Uint8Array): OnnxTensor['data'] {
  const { buffer } = raw.slice();
  if (type === 'float32') return new Float32Array(buffer);
  if (type === 'int64') return new BigInt64Array(buffer);
  return type === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}

function elementType(code: bigint, name: string): ElementType {
  const types = Object.keys(ELEMENT_TYPES) as ElementType[];
  const found = types.find((type) => BigInt(ELEMENT_TYPES[type]) === code);
  if (found) return found;
  throw new OnnxError(`holds '${name}' in elements of type ${code} of ONNX; save it with 32-bit floats`);
}

/** Of a packed list, or of one that is not packed. */
const intsOf = ({ int, bytes }: Field): bigint[] => (int === undefined ? packedInts(bytes) : [int]);
const text = ({ bytes }: Field): string => new TextDecoder().decode(bytes);
const float32 = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);
