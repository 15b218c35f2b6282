/** Dense encoder and decoder that share their weights: every decoder layer is the transpose of an encoder layer. */
import { activations, filled, heUniform, type Network, type Scope } from '../../nn/index.js';
import { type Shape, sizeOf, type Variable } from '../../tensor/index.js';
import type { NetworkOptions } from '../options.js';

/** @param widths of the hidden layers and, last, of the code */
export function tiedMlp(
  shape: Shape,
  widths: readonly number[],
  options: NetworkOptions,
  scope: Scope,
): { encode: Network; decode: Network } {
  const sizes = [sizeOf(shape), ...widths];
  const activation = activations[options.activation](scope);
  const layers = widths.map((width, i): { weight: Variable; into: Variable; back: Variable } => {
    const layer = scope.child(String(i));
    return {
      weight: layer.variable('weight', [sizes[i], width], heUniform),
      into: layer.variable('bias', [width], filled(0)),
      back: layer.variable('biasBack', [sizes[i]], filled(0)),
    };
  });
  return {
    encode: (x) =>
      layers.reduce((h, { weight, into }, i) => {
        const next = h.matmul(weight).add(into);
        return i === layers.length - 1 ? next : activation(next);
      }, x.flatten()),
    decode: (z) => {
      const flat = [...layers].reverse().reduce((h, { weight, back }, i) => {
        const next = h.matmul(weight.swapLastAxes()).add(back);
        return i === layers.length - 1 ? next : activation(next);
      }, z);
      return flat.reshape([z.shape[0], ...shape]);
    },
  };
}
