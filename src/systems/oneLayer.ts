/** Autoencoders whose code is one dense layer of the sample: the classical form, whose units can be looked at. */
import type { Scope } from '../nn/index.js';
import { type Shape, type Tensor, zeros } from '../tensor/index.js';
import type { AutoencoderOptions } from './autoencoder.js';

/** The options with dense layers, and none of them hidden, where nothing else was asked for. */
export function oneLayerByDefault<Options extends AutoencoderOptions>(options: Options): Options {
  const { architecture, encoder, decoder, hidden } = options;
  if (architecture !== 'auto' || encoder || decoder) return options;
  return { ...options, architecture: 'mlp', hidden: hidden ?? [] };
}

/** Whether the code is one dense layer of the sample. */
export function isOneLayer({ architecture, encoder, decoder, hidden }: AutoencoderOptions): boolean {
  return architecture === 'mlp' && !encoder && !decoder && hidden?.length === 0;
}

/**
 * Weights from the sample to each unit of such a code, [units, ...event].
 *
 * @param encode of the model; the layer has no weights before it first runs
 * @param scope the model's
 */
export function filtersOf(encode: (x: Tensor) => Tensor, shape: Shape, scope: Scope): Tensor {
  const [, units] = encode(zeros([1, ...shape])).shape;
  const weight = scope.variables.find(({ name }) => name === 'tied.0.weight' || name === 'code.weight');
  if (!weight) throw new Error('filters: the code is not one dense layer of the sample');
  const channels = shape[shape.length - 1];
  // Of samples with holes, the mask lies behind the channels.
  return weight
    .swapLastAxes()
    .reshape([units, ...shape.slice(0, -1), -1])
    .sliceAlong(-1, 0, channels);
}
