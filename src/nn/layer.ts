/**
 * Layers. A layer is a recipe: given a scope it becomes a function of tensors, whose variables are made when it first
 * sees an input's shape and shared by every later call.
 */
import {
  elu,
  gelu,
  leakyRelu,
  type Shape,
  ShapeError,
  sameShape,
  show,
  silu,
  sizeOf,
  type Tensor,
} from '../tensor/index.js';
import type { Scope } from './scope.js';

export type Network = (x: Tensor) => Tensor;
export type Layer = (scope: Scope) => Network;

/** Makes something of the first input, and keeps it. */
export function onFirst<T>(make: (x: Tensor) => T): (x: Tensor) => T {
  let made: { value: T } | undefined;
  return (x) => {
    made ??= { value: make(x) };
    return made.value;
  };
}

/** One layer after the other; their scopes are numbered from 0. */
export function sequential(...layers: readonly Layer[]): Layer {
  return (scope) => {
    const networks = layers.map((layer, index) => layer(scope.child(String(index))));
    return (x) => networks.reduce((value, network) => network(value), x);
  };
}

/**
 * x + layer(x), or project(x) + layer(x) where the layer changes the shape.
 *
 * @throws ShapeError if the two paths end in different shapes; broadcasting here would hide it
 */
export function residual(layer: Layer, project?: Layer): Layer {
  return (scope) => {
    const branch = layer(scope.child('branch'));
    const skip = project?.(scope.child('skip'));
    return (x) => {
      const [changed, kept] = [branch(x), skip ? skip(x) : x];
      if (!sameShape(changed.shape, kept.shape)) {
        throw new ShapeError(
          'residual',
          `the branch gives ${show(changed.shape)} but the skip path ${show(kept.shape)}; project the skip path`,
        );
      }
      return changed.add(kept);
    };
  };
}

const elementwise =
  (f: Network): Layer =>
  () =>
    f;

/** Activations by the name that options use. */
export const activations = {
  relu: elementwise((x) => x.relu()),
  leakyRelu: elementwise((x) => leakyRelu(x)),
  elu: elementwise(elu),
  gelu: elementwise(gelu),
  silu: elementwise(silu),
  tanh: elementwise((x) => x.tanh()),
  sigmoid: elementwise((x) => x.sigmoid()),
  softplus: elementwise((x) => x.softplus()),
  identity: elementwise((x) => x),
} as const;

export type ActivationName = keyof typeof activations;
export const { relu, tanh, sigmoid } = activations;

/** [batch, ...event] → [batch, size]. */
export const flatten: Layer = () => (x) => x.flatten();

/** [batch, …] → [batch, ...event]. */
export const reshape =
  (event: Shape): Layer =>
  () =>
  (x) => {
    if (sizeOf(x.shape.slice(1)) !== sizeOf(event)) {
      throw new ShapeError(
        'reshape',
        `samples of shape ${show(x.shape.slice(1))} do not hold the elements of ${show(event)}`,
      );
    }
    return x.reshape([x.shape[0], ...event]);
  };
