/**
 * Writes ONNX models in the protobuf wire format.
 *
 * Source: onnx/onnx.proto3 of ONNX (field numbers). Only what vaekit emits.
 */
import { Message } from './wire.js';

export type ElementType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool';

/** Values of TensorProto.DataType. */
export const ELEMENT_TYPES: Record<ElementType, number> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
};

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
