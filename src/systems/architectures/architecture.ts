/** What an architecture is: encoder and decoder networks for samples of any shape. */
import {
  activations,
  batchNorm,
  dropout,
  groupNorm,
  type Layer,
  layerNorm,
  onFirst,
} from '../../nn/index.js';
import type { Shape, Tensor } from '../../tensor/index.js';
import type { NetworkOptions } from '../options.js';

/** Options that some architectures read and others do not. */
export const PARTICULAR = ['hidden', 'channels', 'blocks'] as const;

export interface Architecture {
  readonly name: string;
  /** Particular options that this architecture reads; naming another one is an error, because it would have no effect. */
  readonly reads: readonly (typeof PARTICULAR)[number][];
  /** Whether it can take samples of this shape. */
  accepts(shape: Shape): boolean;
  /** [batch, ...shape] → [batch, features]. */
  encoder(shape: Shape, options: NetworkOptions): Layer;
  /** [batch, code] → [batch, ...shape]. */
  decoder(shape: Shape, options: NetworkOptions): Layer;
  /** Samples for the encoder with a condition [batch, n] joined to each. */
  join(x: Tensor, condition: Tensor): Tensor;
}

/** Normalisation, activation and dropout after a hidden layer. */
export function afterHidden({ normalisation, activation, dropout: rate }: NetworkOptions): Layer[] {
  const layers: Layer[] = [];
  if (normalisation === 'batch') layers.push(batchNorm());
  if (normalisation === 'layer') layers.push(layerNorm());
  if (normalisation === 'group') layers.push(fittingGroupNorm);
  layers.push(activations[activation]);
  if (rate > 0) layers.push(dropout(rate));
  return layers;
}

/** Whether a hidden layer has a bias: batch normalisation takes off any constant, so a bias before it does nothing. */
export const hasBias = ({ normalisation }: NetworkOptions) => normalisation !== 'batch';

const MOST_GROUPS = 32;

/** groupNorm with its usual 32 groups, or the most that divide the channels and leave two in each. */
const fittingGroupNorm: Layer = (scope) => {
  const network = onFirst((x) => {
    const channels = x.shape[x.rank - 1];
    const counts = Array.from({ length: MOST_GROUPS }, (_, i) => MOST_GROUPS - i);
    return groupNorm(counts.find((n) => channels % n === 0 && channels >= 2 * n) ?? 1)(scope);
  });
  return (x) => network(x)(x);
};
