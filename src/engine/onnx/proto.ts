/**
 * Writes ONNX models in the protobuf wire format.
 *
 * Source: onnx/onnx.proto3 of ONNX (field numbers) and the protobuf encoding specification. Only what vaekit emits.
 */

export type ElementType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool';

/** Values of TensorProto.DataType. */
const ELEMENT_TYPES: Record<ElementType, number> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

/** A length, or the name of one that is only known at run time. */
export type Dimension = number | string;

export interface OnnxValue {
  name: string;
  type: ElementType;
  shape: readonly Dimension[];
}

export interface OnnxTensor {
  name: string;
  type: ElementType;
  shape: readonly number[];
  data: Float32Array | Uint8Array | Int32Array | BigInt64Array;
}

export type OnnxAttribute = number | string | readonly number[] | OnnxGraph | { float: number };

export interface OnnxNode {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  name: string;
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
}

export interface OnnxModel {
  graph: OnnxGraph;
  /** Free text for whoever opens the file. */
  metadata?: Readonly<Record<string, string>>;
}

/** Version of the ONNX operator set that all models use. */
export const OPSET = 18;
/** Version of the file format that goes with it. */
const IR_VERSION = 8;

/** Protobuf wire types. */
const VARINT = 0;
const BYTES = 2;
const FLOAT = 5;

class Message {
  readonly #chunks: Uint8Array[] = [];
  length = 0;

  int(field: number, value: number | bigint): this {
    return this.#push(varint((field << 3) | VARINT)).#push(varint(value));
  }

  float(field: number, value: number): this {
    return this.#push(varint((field << 3) | FLOAT)).#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#push(varint((field << 3) | BYTES))
      .#push(varint(value.length))
      .#push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    this.#push(varint((field << 3) | BYTES)).#push(varint(value.length));
    for (const chunk of value.#chunks) this.#push(chunk);
    return this;
  }

  /** A packed list of whole numbers. */
  ints(field: number, values: readonly number[]): this {
    const packed = new Message();
    for (const value of values) packed.#push(varint(value));
    return this.message(field, packed);
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  #push(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(out);
}

function encodeTensor({ name, type, shape, data }: OnnxTensor): Message {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Message().ints(1, shape).int(2, ELEMENT_TYPES[type]).string(8, name).bytes(9, raw);
}

function encodeValue({ name, type, shape }: OnnxValue): Message {
  const dimensions = new Message();
  for (const length of shape) {
    dimensions.message(
      1,
      typeof length === 'number' ? new Message().int(1, length) : new Message().string(2, length),
    );
  }
  const tensorType = new Message().int(1, ELEMENT_TYPES[type]).message(2, dimensions);
  return new Message().string(1, name).message(2, new Message().message(1, tensorType));
}

function encodeAttribute(name: string, value: OnnxAttribute): Message {
  const attribute = new Message().string(1, name);
  if (typeof value === 'number') return attribute.int(3, value).int(20, 2);
  if (typeof value === 'string') return attribute.string(4, value).int(20, 3);
  if ('float' in value) return attribute.float(2, value.float).int(20, 1);
  if ('nodes' in value) return attribute.message(6, encodeGraph(value)).int(20, 5);
  return attribute.ints(8, value).int(20, 7);
}

function encodeNode({ op, inputs, outputs, attributes }: OnnxNode): Message {
  const node = new Message();
  for (const input of inputs) node.string(1, input);
  for (const output of outputs) node.string(2, output);
  node.string(3, outputs[0]).string(4, op);
  for (const [name, value] of Object.entries(attributes)) node.message(5, encodeAttribute(name, value));
  return node;
}

function encodeGraph({ name, nodes, initializers, inputs, outputs }: OnnxGraph): Message {
  const graph = new Message();
  for (const node of nodes) graph.message(1, encodeNode(node));
  graph.string(2, name);
  for (const tensor of initializers) graph.message(5, encodeTensor(tensor));
  for (const value of inputs) graph.message(11, encodeValue(value));
  for (const value of outputs) graph.message(12, encodeValue(value));
  return graph;
}

/** The bytes of an `.onnx` file. */
export function encodeModel({ graph, metadata = {} }: OnnxModel): Uint8Array {
  const model = new Message().int(1, IR_VERSION).string(2, 'vaekit').message(7, encodeGraph(graph));
  model.message(8, new Message().string(1, '').int(2, OPSET));
  for (const [key, value] of Object.entries(metadata))
    model.message(14, new Message().string(1, key).string(2, value));
  return model.finish();
}
