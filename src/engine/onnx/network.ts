/**
 * Networks of fixed weights out of ONNX files, as functions of tensors: for what compares pictures by their features.
 *
 * ONNX has channels first and we have them last. Every value with four axes is kept with its channels last, weights are
 * turned once, and only what depends on the order of a picture's numbers (Flatten, Reshape) turns it back.
 */
import type { Tensor } from '../../tensor/index.js';
import { type KeepWeight, NetworkValue, operatorOf } from './operators.js';
import type { Dimension, OnnxTensor, OnnxValue } from './proto.js';
import { OnnxError, type ReadModel, type ReadNode, readModel } from './read.js';

/** Since this version operators are broadcast and normalised as they are today. */
const OLDEST_OPSET = 7;

export class OnnxNetwork {
  readonly #model: ReadModel;
  readonly #constants: ReadonlyMap<string, OnnxTensor>;
  /** The node that makes each value. */
  readonly #makers: ReadonlyMap<string, ReadNode>;
  readonly #input: OnnxValue;

  /** @throws OnnxError if the bytes are no model, or one that does not take one array of pictures */
  constructor(bytes: Uint8Array) {
    this.#model = readModel(bytes);
    const { opset, nodes, initializers, inputs } = this.#model;
    if (opset < OLDEST_OPSET)
      throw new OnnxError(
        `uses version ${opset} of ONNX’s operators; export it with ${OLDEST_OPSET} or later`,
      );
    this.#constants = new Map(initializers.map((tensor) => [tensor.name, tensor]));
    this.#makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    // Older files name the weights among the inputs, too.
    const free = inputs.filter(({ name }) => !this.#constants.has(name));
    const [input] = free;
    if (free.length !== 1 || input.shape.length !== 4 || input.type !== 'float32') {
      const found = free.map(({ name, type, shape }) => `${name} ${type}[${shape.join(', ')}]`).join(', ');
      throw new OnnxError(
        `takes ${found || 'no input'}; a feature network takes one float32 [batch, channels, height, width]`,
      );
    }
    this.#input = input;
  }

  /** Lengths of a picture that it takes, as far as they are fixed. */
  get inputShape(): { channels?: number; height?: number; width?: number } {
    const [, channels, height, width] = this.#input.shape.map(fixed);
    return { channels, height, width };
  }

  /** Names of what its file calls outputs. */
  get outputs(): string[] {
    return this.#model.outputs.map(({ name }) => name);
  }

  /** Names of all values that nodes make. */
  get tensors(): string[] {
    return [...this.#makers.keys()];
  }

  /**
   * Values of the network for pictures, maps as [batch, height, width, channels]. Nodes that they do not need are not
   * looked at.
   *
   * @param x    [batch, height, width, channels], as the network wants its input
   * @param keep makes a variable of a weight, once for each name
   * @throws OnnxError naming a tensor that there is not, or an operator that is not known
   */
  run(x: Tensor, tensors: readonly string[], keep: KeepWeight): Tensor[] {
    const values = new Map<string, NetworkValue>([[this.#input.name, NetworkValue.of(x)]]);
    return tensors.map((name) => this.#valueOf(name, values, keep).tensor(keep));
  }

  #valueOf(name: string, values: Map<string, NetworkValue>, keep: KeepWeight): NetworkValue {
    // A list and no recursion, for which a deep network is too deep. Each node waits for its inputs once.
    const most = 1 + this.#model.nodes.reduce((sum, { inputs }) => sum + inputs.length, 0);
    const waiting = [name];
    while (waiting.length > 0) {
      if (waiting.length > most) throw new OnnxError(`needs '${name}' to compute it; export it again`);
      const next = waiting[waiting.length - 1];
      const constant = this.#constants.get(next);
      if (values.has(next) || constant) {
        if (constant) values.set(next, NetworkValue.ofConstant(constant));
        waiting.pop();
        continue;
      }
      const node = this.#makers.get(next);
      if (!node) throw new OnnxError(`has no tensor '${next}'; it has ${listed(this.tensors)}`);
      const lacking = node.inputs.filter((input) => input !== '' && !values.has(input));
      if (lacking.length > 0) {
        waiting.push(...lacking);
        continue;
      }
      if (node.outputs[0] !== next)
        throw new OnnxError(`has no value for the second output '${next}' of ${node.op}`);
      const inputs = node.inputs.map((input) => values.get(input));
      values.set(next, operatorOf(node)({ node, inputs, opset: this.#model.opset, keep }));
      waiting.pop();
    }
    const value = values.get(name);
    if (!value) throw new Error(`network: ${name} was not made`);
    return value;
  }
}

const fixed = (length: Dimension): number | undefined =>
  typeof length === 'number' && length > 0 ? length : undefined;

const SHOWN = 12;
const listed = (names: readonly string[]) =>
  names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ` … (${names.length} in all)` : '');
