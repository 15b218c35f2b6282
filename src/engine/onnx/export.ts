/**
 * Programs as ONNX models for other people's runtimes: weights inside, readable names, and a batch axis of any length.
 *
 * Shapes in a graph of vaekit are numbers, so the same function is built for three batch sizes. Whatever differs between
 * the builds must be a whole number that grows with the batch along a straight line, a + b·batch; it is computed from the
 * input's own batch axis instead. Everything else must be the same, or the function is not one of single samples.
 */
import { type Program, sameShape, type Tensor, type TensorData } from '../../tensor/index.js';
import { GraphBuilder } from './builder.js';
import { emitAll } from './model.js';
import {
  type Dimension,
  encodeModel,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './proto.js';

/** Odd ones and far apart, so that they hardly meet a length of the data by chance. */
const BATCHES = [3, 7, 11] as const;
const BATCH = 'batch';

export interface ExportOptions {
  /** Values of the program's variables, by name. */
  readonly weights: ReadonlyMap<string, TensorData>;
  /** Names that random streams get as inputs, by stream. */
  readonly noise?: Readonly<Record<string, string>>;
  /** Free text for whoever opens the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of an `.onnx` file for the program that `build` gives for a batch size; inputs, random streams and outputs
 * have the batch as their first axis.
 *
 * @throws Error if the function is not one of single samples
 */
export function exportModel(
  build: (batch: number) => Program,
  { weights, noise = {}, metadata }: ExportOptions,
): Uint8Array {
  const builds = BATCHES.map((batch) => exportGraph(build(batch), weights, noise));
  return encodeModel({ graph: withBatchAxis(builds), metadata });
}

function exportGraph(
  program: Program,
  weights: ReadonlyMap<string, TensorData>,
  noise: Readonly<Record<string, string>>,
): OnnxGraph {
  const b = new GraphBuilder({ shareConstants: false });
  const nameOf = (node: Tensor): string => {
    if (node.is('input') || node.is('variable')) return node.attributes.name;
    if (node.is('random')) return noise[node.attributes.stream] ?? node.attributes.stream;
    throw new Error('export: the program depends on the number of the training step');
  };
  const value = (node: Tensor): OnnxValue => ({ name: nameOf(node), type: node.dtype, shape: node.shape });
  const named = emitAll(program, b, nameOf);
  for (const [name, tensor] of program.outputs) b.rename(named(tensor), name);
  const weightTensors = [...program.variables.values()].map((variable): OnnxTensor => {
    const data = weights.get(variable.name);
    if (!data) throw new Error(`export: variable '${variable.name}' has no value`);
    return { name: variable.name, type: variable.dtype, shape: variable.shape, data };
  });
  return {
    name: 'vaekit',
    nodes: b.nodes,
    initializers: [...b.initializers, ...weightTensors],
    inputs: [...program.inputs.values(), ...program.random].map(value),
    outputs: Array.from(program.outputs, ([name, tensor]) => ({
      name,
      type: tensor.dtype,
      shape: tensor.shape,
    })),
  };
}

function withBatchAxis(builds: readonly OnnxGraph[]): OnnxGraph {
  const [first, ...others] = builds;
  const shapeless = (nodes: readonly OnnxNode[]) => JSON.stringify(nodes);
  if (others.some((other) => shapeless(other.nodes) !== shapeless(first.nodes)))
    refuse('its operations differ');
  const [lead] = first.inputs;
  if (!lead) refuse('it has no input to take the batch from');
  const nodes: OnnxNode[] = [
    { op: 'Shape', inputs: [lead.name], outputs: [BATCH], attributes: { start: 0, end: 1 } },
  ];
  const initializers: OnnxTensor[] = [];
  first.initializers.forEach((tensor, i) => {
    const versions = builds.map((build) => build.initializers[i]);
    if (versions.every((version) => sameTensor(version, tensor))) initializers.push(tensor);
    else nodes.push(...computed(versions, initializers));
  });
  const values = (list: 'inputs' | 'outputs') =>
    first[list].map((value, i) => ({
      ...value,
      shape: openBatch(builds.map((build) => build[list][i].shape)),
    }));
  return {
    ...first,
    nodes: [...nodes, ...first.nodes],
    initializers,
    inputs: values('inputs'),
    outputs: values('outputs'),
  };
}

/** Nodes that compute a vector of whole numbers a + b·batch under the constant's name. */
function computed(versions: readonly OnnxTensor[], initializers: OnnxTensor[]): OnnxNode[] {
  const [{ name, type, shape }] = versions;
  if (type !== 'int64' || !versions.every((version) => sameShape(version.shape, shape)))
    refuse('numbers in it depend on the batch');
  const lines = versions.map(({ data }) => Array.from(data, Number));
  const slopes = lines[0].map((value, i) => (lines[1][i] - value) / (BATCHES[1] - BATCHES[0]));
  const starts = lines[0].map((value, i) => value - slopes[i] * BATCHES[0]);
  const straight = lines.every((line, k) =>
    line.every((value, i) => value === starts[i] + slopes[i] * BATCHES[k]),
  );
  if (!straight || slopes.some((slope) => !Number.isInteger(slope)))
    refuse('shapes in it do not grow evenly with the batch');
  const vector = (suffix: string, values: readonly number[]): string => {
    initializers.push({ name: `${name}${suffix}`, type, shape, data: BigInt64Array.from(values, BigInt) });
    return `${name}${suffix}`;
  };
  return [
    { op: 'Mul', inputs: [BATCH, vector('.slope', slopes)], outputs: [`${name}.grown`], attributes: {} },
    { op: 'Add', inputs: [`${name}.grown`, vector('.start', starts)], outputs: [name], attributes: {} },
  ];
}

function sameTensor(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.data === b.data) return true;
  if (!sameShape(a.shape, b.shape) || a.data.length !== b.data.length) return false;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}

function openBatch(shapes: readonly (readonly Dimension[])[]): Dimension[] {
  return shapes[0].map((length, axis) => {
    if (shapes.every((shape) => shape[axis] === length)) return length;
    if (axis !== 0 || shapes.some((shape, k) => shape[axis] !== BATCHES[k]))
      refuse('an axis other than the first grows with the batch');
    return BATCH;
  });
}

function refuse(reason: string): never {
  throw new Error(`export: this function cannot be written for any number of samples: ${reason}`);
}
