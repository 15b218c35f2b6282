/** Networks and costs of the systems for clouds of points. */
import {
  type CloudReduction,
  chamfer,
  earthMovers,
  type Layer,
  linear,
  pointNet,
  relu,
  reshape,
  sequential,
  sinkhorn,
} from '../nn/index.js';
import { type Shape, sizeOf, type Tensor } from '../tensor/index.js';
import { type DataDescription, KINDS } from './description.js';
import { OptionError } from './errors.js';

/** @throws OptionError if the data are no clouds */
export function requireClouds(system: string, { spec }: DataDescription): void {
  if (spec.kind !== 'points')
    throw new OptionError('system', `${system} takes clouds of points, but the data are ${KINDS[spec.kind]}`);
}

/**
 * [batch, points, dimensions] → [batch, last width]: a dense layer for each width, the same for all points, then the largest of
 * each feature.
 *
 * @param then what follows each dense layer
 */
export function cloudEncoder(
  widths: readonly number[],
  then: readonly Layer[],
  { bias = true }: { bias?: boolean } = {},
): Layer {
  return pointNet(...widths.flatMap((width) => [linear(width, { bias }), ...then]));
}

/** [batch, code] → [batch, ...shape]: dense layers with ReLU, and one that places all points. */
export function cloudDecoder(shape: Shape, hidden: readonly number[]): Layer {
  const layers = hidden.flatMap((width) => [linear(width), relu]);
  return sequential(...layers, linear(sizeOf(shape)), reshape(shape));
}

export const cloudLosses = ['chamfer', 'emd', 'sinkhorn'] as const;

export interface CloudLossOptions {
  readonly loss: (typeof cloudLosses)[number];
  readonly reduction: CloudReduction;
  readonly tolerance?: number;
  readonly regulariser?: number;
  readonly iterations?: number;
}

/**
 * What a reconstruction of a cloud costs, [batch].
 *
 * @throws OptionError naming an option that this loss does not read
 */
export function cloudLoss({
  loss,
  reduction,
  tolerance,
  regulariser,
  iterations,
}: CloudLossOptions): (x: Tensor, reconstruction: Tensor) => Tensor {
  const requireUnread = (options: Readonly<Record<string, number | undefined>>) => {
    for (const [name, value] of Object.entries(options)) {
      if (value !== undefined) throw new OptionError(name, `has no effect with loss ${loss}; leave it out`);
    }
  };
  switch (loss) {
    case 'chamfer':
      requireUnread({ tolerance, regulariser, iterations });
      return (x, reconstruction) => chamfer(x, reconstruction, reduction);
    case 'emd':
      requireUnread({ regulariser, iterations });
      return (x, reconstruction) => earthMovers(x, reconstruction, { reduction, tolerance });
    case 'sinkhorn':
      requireUnread({ tolerance });
      return (x, reconstruction) => {
        const mean = sinkhorn(x, reconstruction, { epsilon: regulariser, iterations });
        return reduction === 'sum' ? mean.mul(x.shape[1]) : mean;
      };
  }
}
