/** Dense layers only: any shape, flattened. */
import { flatten, type Layer, linear, reshape, sequential } from '../../nn/index.js';
import { concat, type Initialiser, type Shape, sizeOf } from '../../tensor/index.js';
import type { NetworkOptions } from '../options.js';
import { type Architecture, afterHidden, hasBias } from './architecture.js';

const DEFAULT_WIDTHS = [400, 400];

/** Wide enough for what goes in, no wider than a picture needs. */
export function mlpWidths(shape: Shape, { hidden }: NetworkOptions): readonly number[] {
  const size = sizeOf(shape);
  return hidden ?? DEFAULT_WIDTHS.map((width) => Math.min(width, Math.max(32, 8 * size)));
}

/** Hidden dense layers of the given widths. */
export function dense(widths: readonly number[], options: NetworkOptions, weight?: Initialiser): Layer[] {
  return widths.flatMap((width) => [
    linear(width, { bias: hasBias(options), weight }),
    ...afterHidden(options),
  ]);
}

export const mlp: Architecture = {
  name: 'mlp',
  reads: ['hidden'],
  accepts: () => true,
  encoder: (shape, options) => sequential(flatten, ...dense(mlpWidths(shape, options), options)),
  decoder: (shape, options) => {
    const widths = [...mlpWidths(shape, options)].reverse();
    return sequential(...dense(widths, options), linear(sizeOf(shape)), reshape(shape));
  },
  join: (x, condition) => concat([x.flatten(), condition]),
};
