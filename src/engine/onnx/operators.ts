/**
 * ONNX operators as functions of tensors, as far as feature networks use them. Values with four axes have their channels
 * last here; see network.ts.
 *
 * Source: the operator reference of ONNX, versions 7 and later.
 */
import { concat, constant, leakyRelu, type Shape, show, sizeOf, type Tensor } from '../../tensor/index.js';
import type { OnnxTensor } from './proto.js';
import { OnnxError, type ReadAttribute, type ReadNode } from './read.js';

/** Makes a variable of a weight. The same name always comes with the same values. */
export type KeepWeight = (name: string, shape: Shape, values: Float32Array) => Tensor;

const LAST = [0, 2, 3, 1];
const FIRST = [0, 3, 1, 2];

/** A value of a network: a tensor, or a constant of the file that is not one yet. */
export class NetworkValue {
  private constructor(
    readonly made: Tensor | undefined,
    readonly constant: OnnxTensor | undefined,
  ) {}

  static of(tensor: Tensor): NetworkValue {
    return new NetworkValue(tensor, undefined);
  }

  static ofConstant(tensor: OnnxTensor): NetworkValue {
    return new NetworkValue(undefined, tensor);
  }

  /** The value as a tensor, with channels last where it has four axes. */
  tensor(keep: KeepWeight): Tensor {
    if (this.made) return this.made;
    const { name, shape, values } = this.floats();
    return shape.length === 4 ? weight(keep, name, shape, values, LAST) : keep(name, shape, values);
  }

  /** The constant's numbers. @throws OnnxError if it is none, or one of whole numbers */
  floats(): { name: string; shape: readonly number[]; values: Float32Array } {
    const { constant: found } = this;
    if (!found || !(found.data instanceof Float32Array))
      throw new OnnxError('computes a weight that should be fixed; export it with constants folded');
    return { name: found.name, shape: found.shape, values: found.data };
  }

  /** The constant's whole numbers. @throws OnnxError if it is none */
  ints(): number[] {
    if (!this.constant)
      throw new OnnxError('computes a shape that should be fixed; export it with constants folded');
    return Array.from(this.constant.data as ArrayLike<number | bigint>, Number);
  }
}

interface Call {
  readonly node: ReadNode;
  /** By their places; undefined where an optional one is left out. */
  readonly inputs: readonly (NetworkValue | undefined)[];
  readonly opset: number;
  readonly keep: KeepWeight;
}

type Operator = (call: Call) => NetworkValue;

/** @throws OnnxError naming an operator that is not known */
export function operatorOf({ op, domain, name }: ReadNode): Operator {
  const found = domain === '' ? operators.get(op) : undefined;
  if (found) return found;
  const whole = domain === '' ? op : `${domain}.${op}`;
  const where = name ? ` ('${name}')` : '';
  throw new OnnxError(
    `uses the operator ${whole}${where}, which is not known here (known are ${[...operators.keys()].join(', ')}); take tensors before it`,
  );
}

const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['Add', binary((a, b) => a.add(b))],
  ['AveragePool', (call) => NetworkValue.of(averagePool(call))],
  ['BatchNormalization', (call) => NetworkValue.of(batchNormalization(call))],
  ['Clip', (call) => NetworkValue.of(clip(call))],
  ['Concat', (call) => NetworkValue.of(concatenation(call))],
  ['Constant', ({ node }) => NetworkValue.ofConstant(constantOf(node))],
  ['Conv', (call) => NetworkValue.of(convolution(call))],
  ['Div', binary((a, b) => a.div(b))],
  ['Dropout', ({ inputs: [x] }) => present(x)],
  ['Flatten', (call) => NetworkValue.of(flattened(call))],
  ['Gemm', (call) => NetworkValue.of(gemm(call))],
  ['GlobalAveragePool', unary((x) => x.mean([1, 2], { keepDims: true }))],
  ['Identity', ({ inputs: [x] }) => present(x)],
  ['LeakyRelu', (call) => NetworkValue.of(leakyRelu(operand(call, 0), float(call.node, 'alpha', 0.01)))],
  ['MatMul', (call) => NetworkValue.of(product(call))],
  ['MaxPool', (call) => NetworkValue.of(maxPool(call))],
  ['Mul', binary((a, b) => a.mul(b))],
  ['Relu', unary((x) => x.relu())],
  ['Reshape', (call) => NetworkValue.of(reshaped(call))],
  ['Sigmoid', unary((x) => x.sigmoid())],
  ['Sub', binary((a, b) => a.sub(b))],
  ['Tanh', unary((x) => x.tanh())],
]);

function unary(f: (x: Tensor) => Tensor): Operator {
  return (call) => NetworkValue.of(f(operand(call, 0)));
}

/** Broadcast as ONNX does it, from the last of its axes, which is not our last where there are four. */
function binary(f: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (call) => {
    const [a, b] = [operand(call, 0), operand(call, 1)];
    const rank = Math.max(a.rank, b.rank);
    return NetworkValue.of(f(aligned(a, rank), aligned(b, rank)));
  };
}

function aligned(x: Tensor, rank: number): Tensor {
  if (x.rank === rank || rank < 4) return x;
  const widened = x.reshape([...new Array<number>(rank - x.rank).fill(1), ...x.shape]);
  return rank === 4 ? widened.transpose(LAST) : widened;
}

function present(value: NetworkValue | undefined): NetworkValue {
  if (!value) throw new OnnxError('has a node without its input; export it again');
  return value;
}

const operand = ({ inputs, keep }: Call, place: number): Tensor => present(inputs[place]).tensor(keep);

function refuse({ op, name }: ReadNode, problem: string): never {
  throw new OnnxError(`has ${problem} in ${op}${name ? ` '${name}'` : ''}, which is not known here`);
}

const attribute = ({ attributes }: ReadNode, name: string): ReadAttribute | undefined => attributes.get(name);
const float = (node: ReadNode, name: string, usual: number) => attribute(node, name)?.float ?? usual;
const int = (node: ReadNode, name: string, usual: number) => attribute(node, name)?.int ?? usual;
function ints(node: ReadNode, name: string, usual: readonly number[]): readonly number[] {
  const given = attribute(node, name)?.ints ?? [];
  return given.length > 0 ? given : usual;
}

/** A weight whose axes are turned before it is kept. */
function weight(
  keep: KeepWeight,
  name: string,
  shape: readonly number[],
  values: Float32Array,
  permutation: readonly number[],
): Tensor {
  const turned = permutation.map((axis) => shape[axis]);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const steps = permutation.map((axis) => strides[axis]);
  const moved = Float32Array.from(values, (_, element) => {
    let [rest, from] = [element, 0];
    for (let axis = turned.length - 1; axis >= 0; axis--) {
      from += (rest % turned[axis]) * steps[axis];
      rest = Math.floor(rest / turned[axis]);
    }
    return values[from];
  });
  return keep(name, turned, moved);
}

function picture(call: Call): Tensor {
  const x = operand(call, 0);
  return x.rank === 4 ? x : refuse(call.node, `an input of shape ${show(x.shape)}, and not of four axes,`);
}

interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** What Conv and the pools have in common. @param x with channels last */
function windowsOf(node: ReadNode, x: Tensor, kernel: readonly number[]): Windows {
  const space = x.shape.slice(1, 3);
  const strides = ints(node, 'strides', [1, 1]);
  const dilations = ints(node, 'dilations', [1, 1]);
  const pads = ints(node, 'pads', [0, 0, 0, 0]);
  const how = attribute(node, 'auto_pad')?.text ?? 'NOTSET';
  if (int(node, 'ceil_mode', 0) !== 0) refuse(node, 'windows that reach beyond the edge (ceil_mode)');
  const padding = space.map((length, axis): readonly [number, number] => {
    if (how === 'NOTSET') return [pads[axis], pads[axis + 2]];
    if (how === 'VALID') return [0, 0];
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const total = Math.max(0, (Math.ceil(length / strides[axis]) - 1) * strides[axis] + reach - length);
    const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return how === 'SAME_LOWER' ? [more, less] : [less, more];
  });
  return { kernel, strides, dilations, padding };
}

function convolution(call: Call): Tensor {
  const { node, inputs, keep } = call;
  const x = picture(call);
  const { name, shape, values } = present(inputs[1]).floats();
  if (shape.length !== 4) refuse(node, `a weight of shape ${show(shape)}`);
  const { kernel: _, ...windows } = windowsOf(node, x, shape.slice(2));
  const y = x.conv(weight(keep, name, shape, values, [2, 3, 1, 0]), {
    ...windows,
    groups: int(node, 'group', 1),
  });
  return inputs[2] ? y.add(inputs[2].tensor(keep)) : y;
}

/** The values at one place of every window, [batch, ...out, channels], for all places. */
function places(x: Tensor, { kernel, strides, padding }: Windows, edge: number): Tensor[] {
  const padded = x.pad([[0, 0], ...padding, [0, 0]], edge);
  const out = kernel.map((length, axis) => Math.floor((padded.shape[axis + 1] - length) / strides[axis] + 1));
  const range = (axis: number, start: number) =>
    [start, start + (out[axis] - 1) * strides[axis] + 1, strides[axis]] as const;
  return Array.from({ length: kernel[0] * kernel[1] }, (_, i) => {
    const [row, column] = [Math.floor(i / kernel[1]), i % kernel[1]];
    return padded.slice([undefined, range(0, row), range(1, column)]);
  });
}

function poolWindows(call: Call): { x: Tensor; windows: Windows } {
  const { node } = call;
  const x = picture(call);
  const windows = windowsOf(node, x, ints(node, 'kernel_shape', []));
  if (windows.kernel.length !== 2 || windows.dilations.some((dilation) => dilation !== 1))
    refuse(node, 'windows that are no dense rectangles');
  return { x, windows };
}

/** Below everything that float32 holds, and yet finite: a maximum with it has a gradient. */
const LOWEST = -3.4e38;

function maxPool(call: Call): Tensor {
  const { x, windows } = poolWindows(call);
  return places(x, windows, LOWEST).reduce((most, value) => most.max(value));
}

function averagePool(call: Call): Tensor {
  const { x, windows } = poolWindows(call);
  const total = (values: Tensor) => places(values, windows, 0).reduce((sum, value) => sum.add(value));
  const all = windows.kernel[0] * windows.kernel[1];
  if (int(call.node, 'count_include_pad', 0) === 1) return total(x).mul(1 / all);
  const inside = constant(1).broadcastTo([1, x.shape[1], x.shape[2], 1]);
  return total(x).div(total(inside));
}

function batchNormalization(call: Call): Tensor {
  const { node, keep, inputs } = call;
  if (int(node, 'training_mode', 0) !== 0) refuse(node, 'statistics of the batch (training_mode)');
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((place) => present(inputs[place]).tensor(keep));
  const deviation = variance.add(float(node, 'epsilon', 1e-5)).sqrt();
  return operand(call, 0).sub(mean).div(deviation).mul(scale).add(shift);
}

/** Bounds are attributes up to version 10, and inputs from 11 on. */
function clip(call: Call): Tensor {
  const bound = (place: number, name: string) => {
    const [given] = call.inputs[place]?.floats().values ?? [];
    return given ?? attribute(call.node, name)?.float;
  };
  const [low, high] = [bound(1, 'min'), bound(2, 'max')];
  const x = operand(call, 0);
  const raised = low === undefined ? x : x.max(low);
  return high === undefined ? raised : raised.min(high);
}

function concatenation(call: Call): Tensor {
  const { node, inputs, keep } = call;
  const parts = inputs.map((value) => present(value).tensor(keep));
  const { rank } = parts[0];
  const given = int(node, 'axis', 1);
  const axis = given < 0 ? given + rank : given;
  if (axis === 0) refuse(node, 'a batch that is joined to another');
  return concat(parts, rank === 4 ? FIRST[axis] : axis);
}

function constantOf(node: ReadNode): OnnxTensor {
  const [name] = node.outputs;
  const { tensor } = attribute(node, 'value') ?? {};
  if (tensor) return { ...tensor, name };
  const number = attribute(node, 'value_float')?.float;
  if (number !== undefined) return { name, type: 'float32', shape: [], data: Float32Array.of(number) };
  const whole = attribute(node, 'value_int')?.int;
  const list = whole === undefined ? attribute(node, 'value_ints')?.ints : [whole];
  if (!list) return refuse(node, 'a value that is no array of numbers');
  const shape = whole === undefined ? [list.length] : [];
  return { name, type: 'int64', shape, data: BigInt64Array.from(list, BigInt) };
}

/** In the order of ONNX, channels first. */
const asStored = (x: Tensor): Tensor => (x.rank === 4 ? x.transpose(FIRST) : x);

function flattened(call: Call): Tensor {
  const x = operand(call, 0);
  if (int(call.node, 'axis', 1) !== 1) refuse(call.node, 'an axis other than 1');
  return asStored(x).reshape([x.shape[0], -1]);
}

/** The first axis stays the batch, of which the file may have had another length. */
function reshaped(call: Call): Tensor {
  const { node, inputs } = call;
  const x = operand(call, 0);
  const asked = present(inputs[1]).ints();
  const stored = asStored(x);
  const copies = int(node, 'allowzero', 0) === 0;
  const shape = asked.map((length, axis) => (length === 0 && copies ? stored.shape[axis] : length));
  shape[0] = x.shape[0];
  if (asked[0] === -1 && sizeOf(shape) !== x.size)
    refuse(node, `a shape (${asked.join(', ')}) that does not keep the batch apart`);
  const y = stored.reshape(shape);
  return y.rank === 4 ? y.transpose(LAST) : y;
}

function matrix(call: Call, place: number): Tensor {
  const x = operand(call, place);
  return x.rank === 2 ? x : refuse(call.node, `an operand of shape ${show(x.shape)}, which is no matrix,`);
}

const product = (call: Call): Tensor => matrix(call, 0).matmul(matrix(call, 1));

function gemm(call: Call): Tensor {
  const { node, inputs } = call;
  const turned = (x: Tensor, name: string) => (int(node, name, 0) === 1 ? x.swapLastAxes() : x);
  const y = turned(matrix(call, 0), 'transA').matmul(turned(matrix(call, 1), 'transB'));
  const [alpha, beta] = [float(node, 'alpha', 1), float(node, 'beta', 1)];
  const scaled = alpha === 1 ? y : y.mul(alpha);
  if (!inputs[2]) return scaled;
  const c = operand(call, 2);
  return scaled.add(beta === 1 ? c : c.mul(beta));
}
