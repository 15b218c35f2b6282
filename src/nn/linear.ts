/** Affine layers and lookups. */
import { type Initialiser, ShapeError, show } from '../tensor/index.js';
import { fanInUniform, filled, gaussian } from './initialisers.js';
import { type Layer, onFirst } from './layer.js';

export interface LinearOptions {
  /** @default true */
  bias?: boolean;
  /** @default fanInUniform */
  weight?: Initialiser;
  /** Initial bias. @default zeros */
  biasValue?: Initialiser;
}

/** y = x W + b over the last axis: [..., inputs] → [..., features]. Weight [inputs, features], bias [features]. */
export function linear(
  features: number,
  { bias = true, weight = fanInUniform, biasValue = filled(0) }: LinearOptions = {},
): Layer {
  return (scope) => {
    const parameters = onFirst((x) => ({
      weight: scope.variable('weight', [x.shape[x.rank - 1], features], weight),
      bias: bias ? scope.variable('bias', [features], biasValue) : undefined,
    }));
    return (x) => {
      const { weight: w, bias: b } = parameters(x);
      const y = x.matmul(w);
      return b ? y.add(b) : y;
    };
  };
}

/** Rows of a learned table: int32 [...] in [0, count) → [..., features]. */
export function embedding(count: number, features: number, table: Initialiser = gaussian(1)): Layer {
  return (scope) => {
    const weight = onFirst(() => scope.variable('weight', [count, features], table));
    return (indices) => {
      if (indices.dtype !== 'int32') {
        throw new ShapeError(
          'embedding',
          `needs int32 indices but got ${indices.dtype}${show(indices.shape)}`,
        );
      }
      return weight(indices).gather(indices);
    };
  };
}
