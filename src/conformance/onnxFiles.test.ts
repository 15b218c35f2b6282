import protobuf from 'onnx-proto';
import { describe, expect, test } from 'vitest';
import { problemsOf } from '../engine/onnx/check.js';
import { buildModel, compileModel } from '../engine/onnx/model.js';
import {
  type Dimension,
  type ElementType,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxTensor,
  type OnnxValue,
  OPSET,
} from '../engine/onnx/proto.js';
import { type OpName, Program, rules, type Tensor, Variable } from '../tensor/index.js';
import { buildSuite } from './ops/build.js';
import { convolutionalVae, denseVae } from './trainings.js';

const { onnx } = protobuf;
type Graph = InstanceType<typeof onnx.GraphProto>;

const TYPES: Readonly<Record<number, ElementType>> = {
  [onnx.TensorProto.DataType.FLOAT]: 'float32',
  [onnx.TensorProto.DataType.UINT8]: 'uint8',
  [onnx.TensorProto.DataType.INT32]: 'int32',
  [onnx.TensorProto.DataType.INT64]: 'int64',
  [onnx.TensorProto.DataType.BOOL]: 'bool',
};

function decodedData(type: ElementType, bytes: Uint8Array): OnnxTensor['data'] {
  const { buffer } = bytes.slice();
  if (type === 'float32') return new Float32Array(buffer);
  if (type === 'int32') return new Int32Array(buffer);
  return type === 'int64' ? new BigInt64Array(buffer) : new Uint8Array(buffer);
}

function decodedTensor(tensor: InstanceType<typeof onnx.TensorProto>): OnnxTensor {
  const type = TYPES[tensor.dataType];
  return { name: tensor.name, type, shape: tensor.dims.map(Number), data: decodedData(type, tensor.rawData) };
}

function decodedValue({ name, type }: InstanceType<typeof onnx.ValueInfoProto>): OnnxValue {
  const tensorType = type?.tensorType;
  const length = (dimension: object): Dimension => {
    if ('dimParam' in dimension && dimension.dimParam) return String(dimension.dimParam);
    return 'dimValue' in dimension ? Number(dimension.dimValue) : 0;
  };
  return {
    name,
    type: TYPES[tensorType?.elemType ?? 0],
    shape: (tensorType?.shape?.dim ?? []).map(length),
  };
}

function decodedAttribute(attribute: InstanceType<typeof onnx.AttributeProto>): OnnxAttribute {
  const { INT, FLOAT, STRING, INTS } = onnx.AttributeProto.AttributeType;
  if (attribute.type === INT) return Number(attribute.i);
  if (attribute.type === FLOAT) return { float: attribute.f };
  if (attribute.type === STRING) return new TextDecoder().decode(attribute.s);
  if (attribute.type === INTS) return attribute.ints.map(Number);
  return decodedGraph(attribute.g as Graph);
}

function decodedGraph(graph: Graph): OnnxGraph {
  const { NodeProto, TensorProto, ValueInfoProto, AttributeProto } = onnx;
  return {
    name: graph.name,
    nodes: graph.node.map((each) => {
      const node = NodeProto.fromObject(each);
      const attributes = node.attribute.map((item) => AttributeProto.fromObject(item));
      return {
        op: node.opType,
        inputs: node.input,
        outputs: node.output,
        attributes: Object.fromEntries(attributes.map((item) => [item.name, decodedAttribute(item)])),
      };
    }),
    initializers: graph.initializer.map((item) => decodedTensor(TensorProto.fromObject(item))),
    inputs: graph.input.map((item) => decodedValue(ValueInfoProto.fromObject(item))),
    outputs: graph.output.map((item) => decodedValue(ValueInfoProto.fromObject(item))),
  };
}

/** The cases of an operation with their gradients; in a loop where `loops`, with a variable that makes it one. */
function programOf(op: OpName, loops: boolean): Program {
  const outputs: Record<string, Tensor> = {};
  for (const { label, value, gradients } of buildSuite(op).cases) {
    outputs[label] = value;
    for (const [k, gradient] of gradients.entries()) outputs[`${label}, gradient ${k}`] = gradient;
  }
  const counter = new Variable('counter', [], () => [0]);
  return new Program({ outputs, updates: loops ? new Map([[counter, counter.add(1)]]) : new Map() });
}

const programs: [string, () => Program][] = [
  ...(Object.keys(rules) as OpName[])
    .filter((op) => op !== 'assignment')
    .flatMap((op): [string, () => Program][] => [
      [op, () => programOf(op, false)],
      [`${op} in a loop`, () => programOf(op, true)],
    ]),
  ['a dense training', () => denseVae().program],
  ['a convolutional training', () => convolutionalVae().program],
];

describe.each(programs)('the ONNX model of %s', (_, make) => {
  test('keeps the rules of ONNX', () => {
    expect(problemsOf(buildModel(make()).graph)).toEqual([]);
  });

  test('is read by another protobuf decoder as it was written', () => {
    const program = make();
    const model = onnx.ModelProto.decode(compileModel(program).bytes);
    expect(model.opsetImport).toMatchObject([{ domain: '', version: { low: OPSET } }]);
    expect(decodedGraph(onnx.GraphProto.fromObject(model.graph ?? {}))).toEqual(buildModel(program).graph);
  });
});

test('what ONNX has no operation for is refused, with what to do', () => {
  expect(() => buildModel(programOf('assignment', false))).toThrow(/use the native engine/);
});
