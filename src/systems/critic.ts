/** A discriminator of whole samples whose hidden layers can be looked at. */
import {
  conv as convolution,
  flatten,
  heUniform,
  type Layer,
  linear,
  type Scope,
  sequential,
} from '../nn/index.js';
import type { Shape, Tensor } from '../tensor/index.js';
import { afterHidden, hasBias } from './architectures/architecture.js';
import { HEAD } from './architectures/conv.js';
import { chooseArchitecture } from './architectures/index.js';
import { dense, mlpWidths } from './architectures/mlp.js';
import { pyramid } from './architectures/pyramid.js';
import { OptionError } from './errors.js';
import type { NetworkOptions } from './options.js';

export interface Judgement {
  /** What the layer asked for gives, [batch, …]. */
  readonly features: Tensor;
  /** Above 0 for a sample taken for a real one, [batch]. */
  readonly logit: Tensor;
}

export type Critic = (x: Tensor) => Judgement;

/**
 * A discriminator with the layers of the options' encoder (convolutions, then dense layers) and a logit.
 *
 * @param featureLayer which of its layers to look at, counted from 0, or from the end: −1 is the logit
 * @throws OptionError if it has no such layer
 */
export function critic(shape: Shape, options: NetworkOptions, featureLayer: number, scope: Scope): Critic {
  const layers = [...hiddenLayers(shape, options), linear(1)];
  const at = featureLayer < 0 ? layers.length + featureLayer : featureLayer;
  if (at < 0 || at >= layers.length) {
    const range = `${-layers.length} to ${layers.length - 1}`;
    throw new OptionError(
      'featureLayer',
      `the discriminator has ${layers.length} layers; ${featureLayer} is not one of ${range}`,
    );
  }
  const networks = layers.map((layer, i) => layer(scope.child(String(i))));
  return (x) => {
    const outputs: Tensor[] = [];
    for (const network of networks) outputs.push(network(outputs.at(-1) ?? x));
    return { features: outputs[at], logit: outputs[networks.length - 1].reshape([x.shape[0]]) };
  };
}

function hiddenLayers(shape: Shape, options: NetworkOptions): Layer[] {
  const onTop = (widths: readonly number[]) =>
    widths.map((width, i) =>
      sequential(...(i === 0 ? [flatten] : []), ...dense([width], options, heUniform)),
    );
  if (chooseArchitecture(shape, options).name === 'mlp') return onTop(mlpWidths(shape, options));
  const down = pyramid(shape, options).channels.map((filters) =>
    sequential(
      convolution({ filters, kernel: 4, stride: 2, bias: hasBias(options), weight: heUniform }),
      ...afterHidden(options),
    ),
  );
  return [...down, ...onTop(options.hidden ?? HEAD)];
}
