/** A feature network that a user gives: what a file of one has been made into, with its weights held fixed. */
import type { Scope } from '../../nn/index.js';
import { constant, type Shape, type Tensor, type Variable } from '../../tensor/index.js';
import type { DataDescription } from '../description.js';
import { OptionError } from '../errors.js';
import type { FeatureMaps } from './network.js';

/** A network as a function of tensors. */
export interface GivenNetwork {
  /** Lengths of a picture that it takes, as far as they are fixed. */
  readonly inputShape: { readonly channels?: number; readonly height?: number; readonly width?: number };
  /** Names of what it calls its outputs. */
  readonly outputs: readonly string[];
  /**
   * Its values of these names for pictures [batch, height, width, channels], maps with channels last.
   *
   * @param keep makes a variable of a weight; the same name always comes with the same values
   */
  run(
    x: Tensor,
    tensors: readonly string[],
    keep: (name: string, shape: Shape, values: Float32Array) => Tensor,
  ): Tensor[];
}

export function isGivenNetwork(value: unknown): value is GivenNetwork {
  return typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'function';
}

export interface GivenFeaturesOptions {
  /** @default the network's outputs */
  readonly tensors?: readonly string[];
  /** Of intensities in [0, 1], one number or one for each channel: the network sees (x − mean) / deviation. @default 0 */
  readonly mean?: readonly number[];
  /** @default 1 */
  readonly deviation?: readonly number[];
}

/**
 * @throws OptionError if the network takes pictures of another size, or a number of means or deviations is not that of
 *   the channels
 */
export function givenFeatures(
  network: GivenNetwork,
  { spec, shape }: DataDescription,
  { tensors = network.outputs, mean = [0], deviation = [1] }: GivenFeaturesOptions,
  scope: Scope,
): FeatureMaps & { readonly names: readonly string[] } {
  if (spec.kind === 'image') requireSize(network, spec.shape);
  const channels = shape[shape.length - 1];
  const perChannel = (option: string, values: readonly number[]) => {
    if (values.length === 1 || values.length === channels) return constant(values);
    const counts = `gives ${values.length} numbers for pictures of ${channels} channels`;
    throw new OptionError(option, `${counts}; give one, or one for each`);
  };
  const [middle, scale] = [perChannel('featureMean', mean), perChannel('featureStd', deviation)];
  const kept = new Map<string, Variable>();
  const keep = (name: string, weightShape: Shape, values: Float32Array) => {
    const found = kept.get(name) ?? scope.variable(name, weightShape, () => values, { trainable: false });
    kept.set(name, found);
    return found;
  };
  return {
    names: tensors,
    features: (x) => network.run(x.sub(middle).div(scale), tensors, keep),
  };
}

function requireSize({ inputShape }: GivenNetwork, [height, width, channels]: readonly number[]): void {
  const { height: wantedHeight, width: wantedWidth, channels: wantedChannels } = inputShape;
  if (wantedChannels !== undefined && wantedChannels !== channels) {
    throw new OptionError(
      'features',
      `the network takes pictures of ${wantedChannels} channels, and these have ${channels}; read them with --image-channels ${wantedChannels}, or take another network`,
    );
  }
  const taken = [wantedHeight ?? height, wantedWidth ?? width];
  if (taken[0] === height && taken[1] === width) return;
  throw new OptionError(
    'features',
    `the network takes pictures of ${taken.join('×')}, and these are ${height}×${width}; read them with --image-size ${taken.join('x')}, or export the network for any size`,
  );
}
