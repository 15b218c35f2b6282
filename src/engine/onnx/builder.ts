/** Collects the nodes and constants of one ONNX graph and names them. */
import type { ElementType, OnnxAttribute, OnnxNode, OnnxTensor } from './proto.js';

export interface GraphBuilderOptions {
  /**
   * Whether equal constants are one. Two graphs that differ in constants only get the same names for them when they
   * are kept apart. @default true
   */
  shareConstants?: boolean;
  /** Put before every name that is given, so that a graph inside another one does not repeat its names. @default '' */
  prefix?: string;
}

export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #constants = new Map<string, string>();
  readonly #shareConstants: boolean;
  readonly #prefix: string;
  #named = 0;

  constructor({ shareConstants = true, prefix = '' }: GraphBuilderOptions = {}) {
    this.#shareConstants = shareConstants;
    this.#prefix = prefix;
  }

  /** Adds a node with one output and gives that output's name. */
  node(op: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    return this.nodeWithOutputs(op, inputs, 1, attributes)[0];
  }

  nodeWithOutputs(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Record<string, OnnxAttribute> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.#name(op.toLowerCase()));
    this.nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  /** A value of another shape; lengths of 0 are what they say. */
  reshape(value: string, shape: readonly number[]): string {
    return this.node('Reshape', [value, this.ints(shape)], { allowzero: 1 });
  }

  /** Gives an existing value a second name, such as that of a graph output. */
  rename(value: string, name: string): void {
    this.nodes.push({ op: 'Identity', inputs: [value], outputs: [name], attributes: {} });
  }

  /** A float scalar. */
  scalar(value: number): string {
    return this.constant('float32', [], Float32Array.of(value));
  }

  /** A vector of int64, as shapes and axes are given. */
  ints(values: readonly number[]): string {
    return this.constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  constant(type: ElementType, shape: readonly number[], data: OnnxTensor['data']): string {
    const key =
      this.#shareConstants && data.length <= 64
        ? `${type} ${shape} ${Array.from(data as ArrayLike<number | bigint>, written)}`
        : undefined;
    const existing = key === undefined ? undefined : this.#constants.get(key);
    if (existing) return existing;
    const name = this.#name('constant');
    this.initializers.push({ name, type, shape, data });
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  #name(hint: string): string {
    return `${this.#prefix}${hint}_${this.#named++}`;
  }
}

const written = (value: number | bigint) => (Object.is(value, -0) ? '-0' : String(value));
