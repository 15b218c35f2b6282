/** What single units of a code stand for, in systems whose units have a filter of the sample each. */
import type { Samples } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import { type Figure, type Filters, filterGrid } from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';
import { coordinateOrder } from './codes.js';
import { framesOf } from './shown.js';

/**
 * The filters of a model of pictures, those first whose units vary most over some samples: units that none of them
 * uses may still be the noise that they began as. Undefined where the model has no filters, or sees no pictures.
 */
export async function filtersOf(model: TrainedModel, samples: Samples): Promise<Filters | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image' || !model.runner.build().filters) return undefined;
  const { weights } = await model.runner.generate('filters', 1, undefined, (_, { model: built }) => {
    if (!built.filters) throw new Error('filters: the model lost them from one build to another');
    return { weights: built.filters().expandDims(0) };
  });
  const { mean: codes } = await model.encode(samples);
  const size = sizeOf(spec.shape);
  const ordered = new Float32Array(weights.length);
  coordinateOrder({ codes, dimensions: sizeOf(model.codeShape) }).forEach((unit, place) => {
    ordered.set(weights.subarray(unit * size, (unit + 1) * size), place * size);
  });
  return { weights: framesOf(spec, ordered) };
}

export async function filtersView(model: TrainedModel, samples: Samples): Promise<Figure | undefined> {
  const filters = await filtersOf(model, samples);
  return filters && filterGrid({ filters: [filters] });
}
