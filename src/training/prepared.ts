/** A data set made ready for training: its parts, its columns' moments, and how its samples are fed. */
import {
  DataError,
  type Dataset,
  hasHoles,
  type Part,
  requireHoles,
  type SampleSpec,
  type Split,
  splitDataset,
  TrainingOrder,
  withMoments,
} from '../data/index.js';
import type { SampleSource } from '../evaluation/index.js';
import { type Binarisation, type DataDescription, describeData } from '../systems/index.js';
import type { OrderedSamples } from './batches.js';

export interface PreparedData {
  readonly dataset: Dataset;
  readonly split: Split;
  /** The data as models see it, columns standardised by the training part. */
  readonly description: DataDescription;
  /** Training samples in the endless order of a seed. */
  ordered(seed: number): OrderedSamples;
  /** Samples of a part by position. */
  source(part: Part): SampleSource;
}

/** The data with grey levels that objectives see as 0 or 1. @throws OptionError if there are none */
export function binarised(data: PreparedData, binarise: Binarisation): PreparedData {
  const { spec } = data.description;
  return { ...data, description: describeData(spec, { ...data.description, binarise }) };
}

/**
 * @param spec with moments that were measured before; measured now if it is not given
 * @throws DataError if numbers may be missing, and nothing is or all of a column
 */
export async function prepareData(dataset: Dataset, spec?: SampleSpec): Promise<PreparedData> {
  const split = splitDataset(dataset);
  if (!spec && hasHoles(dataset.spec)) await requireHoles(dataset, split.train);
  const measured = spec ?? (await withMoments(dataset, split.train));
  const description = describeData(measured, {
    classes: dataset.classes?.length,
    hasUnknown: dataset.labelled !== undefined,
    size: split.train.size,
  });
  return {
    dataset,
    split,
    description,
    ordered: (seed) => {
      const order = new TrainingOrder(split.train, seed);
      let labelled: TrainingOrder | undefined;
      return {
        read: (first, count) => dataset.read(order.indices(first, count)),
        readLabelled: async (first, count) => {
          labelled ??= new TrainingOrder(labelledPart(dataset, split.train), seed, 'labelled order');
          return dataset.read(labelled.indices(first, count));
        },
      };
    },
    source: (part) => partSource(dataset, part),
  };
}

/** Samples of a part of a data set by position. */
export function partSource(dataset: Dataset, { size, at }: Part): SampleSource {
  return {
    size,
    read: (start, count) => dataset.read(Uint32Array.from({ length: count }, (_, i) => at(start + i))),
  };
}

/** Samples of a part whose class is known. @throws DataError if there are none */
function labelledPart({ name, labelled }: Dataset, part: Part): Part {
  if (!labelled) return part;
  const known = new Set(labelled);
  const indices = Array.from({ length: part.size }, (_, position) => part.at(position)).filter((index) =>
    known.has(index),
  );
  if (indices.length > 0) return { size: indices.length, at: (position) => indices[position] };
  throw new DataError(`${name}: no sample of the training part has a class that is known; give some a label`);
}
