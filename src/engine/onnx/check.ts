/**
 * Checks a graph against the rules of ONNX that a writer can break: names, the order of nodes, the inputs and outputs of
 * each operator, and the sizes of constants. A runtime refuses some of these mistakes and takes others without a word.
 *
 * Source: the ONNX IR specification ("Graphs", "Names within a graph") and operator set 18.
 */
import { type Shape, show, sizeOf } from '../../tensor/index.js';
import type { Dimension, ElementType, OnnxGraph, OnnxNode, OnnxTensor } from './proto.js';

/** Least and most inputs, and most outputs; of operator set 18, those that vaekit emits. */
const OPERATORS: Readonly<Record<string, readonly [least: number, most: number, outputs: number]>> = {
  Abs: [1, 1, 1],
  Add: [2, 2, 1],
  And: [2, 2, 1],
  ArgMax: [1, 1, 1],
  Cast: [1, 1, 1],
  Concat: [1, Infinity, 1],
  Conv: [2, 3, 1],
  ConvTranspose: [2, 3, 1],
  Cos: [1, 1, 1],
  CumSum: [2, 2, 1],
  Div: [2, 2, 1],
  Equal: [2, 2, 1],
  Erf: [1, 1, 1],
  Exp: [1, 1, 1],
  Expand: [2, 2, 1],
  Floor: [1, 1, 1],
  Gather: [2, 2, 1],
  Gemm: [2, 3, 1],
  Greater: [2, 2, 1],
  Identity: [1, 1, 1],
  Less: [2, 2, 1],
  LessOrEqual: [2, 2, 1],
  Log: [1, 1, 1],
  Loop: [2, Infinity, Infinity],
  MatMul: [2, 2, 1],
  Max: [1, Infinity, 1],
  Min: [1, Infinity, 1],
  Mul: [2, 2, 1],
  Neg: [1, 1, 1],
  Not: [1, 1, 1],
  Or: [2, 2, 1],
  Pad: [2, 4, 1],
  Pow: [2, 2, 1],
  ReduceMax: [1, 2, 1],
  ReduceSum: [1, 2, 1],
  ReduceSumSquare: [1, 2, 1],
  Relu: [1, 1, 1],
  Reshape: [2, 2, 1],
  ScatterElements: [3, 3, 1],
  Shape: [1, 1, 1],
  Sigmoid: [1, 1, 1],
  Sign: [1, 1, 1],
  Sin: [1, 1, 1],
  Slice: [3, 5, 1],
  Sqrt: [1, 1, 1],
  Sub: [2, 2, 1],
  Tanh: [1, 1, 1],
  TopK: [2, 2, 2],
  Transpose: [1, 1, 1],
  Where: [3, 3, 1],
};

const ARRAYS: Readonly<Record<ElementType, new (length: number) => OnnxTensor['data']>> = {
  float32: Float32Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/** What is wrong with a graph, a sentence each; nothing where it is right. */
export function problemsOf(graph: OnnxGraph): string[] {
  return new Check().graph(graph, new Set());
}

class Check {
  readonly #problems: string[] = [];

  /** @param outside names that the surrounding graphs provide */
  graph(graph: OnnxGraph, outside: ReadonlySet<string>): string[] {
    const defined = new Set<string>();
    const define = (name: string, what: string) => {
      if (name === '') this.#report(graph, `${what} has no name`);
      else if (defined.has(name)) this.#report(graph, `'${name}' is defined twice`);
      else if (outside.has(name)) this.#report(graph, `'${name}' hides the same name of an outer graph`);
      defined.add(name);
    };
    const isKnown = (name: string) => defined.has(name) || outside.has(name);
    for (const { name, shape } of graph.inputs) {
      define(name, 'an input');
      this.#shape(graph, name, shape);
    }
    for (const tensor of graph.initializers) {
      define(tensor.name, 'a constant');
      this.#constant(graph, tensor);
    }
    for (const node of graph.nodes) {
      for (const name of node.inputs) {
        if (!isKnown(name))
          this.#report(graph, `${node.op} reads '${name}', which nothing before it defines`);
      }
      this.#node(graph, node, new Set([...outside, ...defined]));
      for (const name of node.outputs) define(name, `an output of ${node.op}`);
    }
    const given = new Set<string>();
    for (const { name, shape } of graph.outputs) {
      if (!defined.has(name)) this.#report(graph, `the output '${name}' is not computed`);
      if (given.has(name)) this.#report(graph, `the output '${name}' is listed twice`);
      given.add(name);
      this.#shape(graph, name, shape);
    }
    return this.#problems;
  }

  #report(graph: OnnxGraph, problem: string): void {
    this.#problems.push(`graph '${graph.name}': ${problem}`);
  }

  #shape(graph: OnnxGraph, name: string, shape: readonly Dimension[]): void {
    const isLength = (length: Dimension) =>
      typeof length === 'string' ? length !== '' : Number.isSafeInteger(length) && length >= 0;
    if (!shape.every(isLength)) this.#report(graph, `'${name}' has shape [${shape.join(', ')}]`);
  }

  #constant(graph: OnnxGraph, { name, type, shape, data }: OnnxTensor): void {
    this.#shape(graph, name, shape);
    if (!(data instanceof ARRAYS[type])) {
      this.#report(graph, `constant '${name}' of type ${type} is held in a ${data.constructor.name}`);
    }
    const lengths: Shape = shape;
    if (data.length !== sizeOf(lengths)) {
      this.#report(graph, `constant '${name}' has ${data.length} values but shape ${show(lengths)}`);
    }
  }

  #node(graph: OnnxGraph, { op, inputs, outputs, attributes }: OnnxNode, inside: ReadonlySet<string>): void {
    const known = OPERATORS[op];
    if (known === undefined) {
      this.#report(graph, `${op} is not among the operators that vaekit uses`);
      return;
    }
    const [least, most, outputsAtMost] = known;
    if (inputs.length < least || inputs.length > most) {
      const wanted = least === most ? `${least}` : `${least} to ${most}`;
      this.#report(graph, `${op} takes ${wanted} inputs but has ${inputs.length}`);
    }
    if (outputs.length < 1 || outputs.length > outputsAtMost) {
      this.#report(graph, `${op} gives up to ${outputsAtMost} outputs but has ${outputs.length}`);
    }
    for (const value of Object.values(attributes)) {
      if (typeof value !== 'object' || !('nodes' in value)) continue;
      this.graph(value, inside);
      // The trip count and the condition go in, the condition and the carried values come out, then what is stacked.
      if (value.inputs.length !== inputs.length || value.outputs.length !== outputs.length + 1) {
        this.#report(
          graph,
          `${op} has ${inputs.length} inputs and ${outputs.length} outputs, but its body ${value.inputs.length} and ${value.outputs.length}`,
        );
      }
    }
  }
}
