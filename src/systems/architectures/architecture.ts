/** What an architecture is: encoder and decoder networks for samples of any shape. */
import { activations, batchNorm, dropout, groupNorm, type Layer, layerNorm } from '../../nn/index.js';
import type { Shape, Tensor } from '../../tensor/index.js';
import type { NetworkOptions } from '../options.js';

export interface Architecture {
  readonly name: string;
  /** Options that this architecture reads; naming another one is an error, because it would have no effect. */
  readonly reads: readonly (keyof NetworkOptions)[];
  /** Whether it can take samples of this shape. */
  accepts(shape: Shape): boolean;
  /** [batch, ...shape] → [batch, features]. */
  encoder(shape: Shape, options: NetworkOptions): Layer;
  /** [batch, code] → [batch, ...shape]. */
  decoder(shape: Shape, options: NetworkOptions): Layer;
  /** A condition [batch, n] joined to samples at the encoder's input, and the shape of what comes out. */
  join(x: Tensor, condition: Tensor): Tensor;
}

/** Normalisation, activation and dropout after a hidden layer. */
export function afterHidden({ normalisation, activation, dropout: rate }: NetworkOptions): Layer[] {
  const layers: Layer[] = [];
  if (normalisation === 'batch') layers.push(batchNorm());
  if (normalisation === 'layer') layers.push(layerNorm());
  if (normalisation === 'group') layers.push(perFittingGroups);
  layers.push(activations[activation]);
  if (rate > 0) layers.push(dropout(rate));
  return layers;
}

/** The number of groups of 32 at most that divides the channels: groupNorm's usual choice, for any width. */
const perFittingGroups: Layer = (scope) => {
  let network: ((x: Tensor) => Tensor) | undefined;
  return (x) => {
    const channels = x.shape[x.rank - 1];
    const groups =
      Array.from({ length: 32 }, (_, i) => 32 - i).find((n) => channels % n === 0 && channels / n >= 2) ?? 1;
    network ??= groupNorm(groups)(scope);
    return network(x);
  };
};
