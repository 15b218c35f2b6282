/** Arrays too large for memory as data sets: a sample is read from the file, and checked, when it is asked for. */
import { type ArrayLayout, channelsLast, frameOfLayout } from './arrayLayout.js';
import { markOf, preparedCloud, repeatNotice } from './arrays.js';
import { type ClassLabels, labelledOf } from './classes.js';
import type { ResampleOptions } from './clouds/cloud.js';
import type { Column, Dataset, ImageSpec, SampleSpec, TableSpec } from './dataset.js';
import { toFloat32 } from './elements.js';
import { contentHash } from './hash.js';
import { type ImageStorage, storageFor } from './imageStorage.js';
import { requireIndices } from './indices.js';
import { allocateSamples, elementsPerSample, type Identity } from './memory.js';
import { extremesOf, type Range } from './range.js';
import { sequenceOf } from './specs.js';
import { readRow, type StoredArray } from './storedArray.js';

export interface PositionalOptions
  extends Identity,
    Partial<ClassLabels>,
    Partial<Pick<ResampleOptions, 'points' | 'sampling'>> {
  /** Of rows. */
  readonly columns: readonly Column[];
  readonly testSize?: number;
  readonly range?: Range;
  readonly notices: readonly string[];
  /** Whether values may be NaN, which are missing. */
  readonly holes: boolean;
  /** Whether the user could say so. */
  readonly couldHaveHoles: boolean;
  /** Closes the file. */
  readonly release: () => Promise<void>;
}

/** Samples, evenly spread, by which the range of pictures is judged; a later one beyond it is an error. */
const JUDGED_SAMPLES = 1024;

/** @param array its last axis the fastest */
export async function positionalDataset(
  array: StoredArray,
  layout: ArrayLayout,
  options: PositionalOptions,
): Promise<Dataset> {
  const { name, classes, labels, testSize, holes, couldHaveHoles, release } = options;
  const [size] = array.shape;
  const count = Math.min(size, JUDGED_SAMPLES);
  const judged = Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
  const samples = await Promise.all(judged.map((index) => readRow(array, index)));
  const all = samples.map((values, i) =>
    extremesOf(array.name, values, () => judged[i], { range: options.range, holes, couldHaveHoles }),
  );
  const extremes = {
    min: Math.min(...all.map(({ min }) => min)),
    max: Math.max(...all.map(({ max }) => max)),
  };
  const frame = frameOfLayout(layout);
  const storage =
    frame.kind === 'image' ? storageFor(array.name, array.type, extremes, options.range) : floatStorage(name);
  const spec = specOf(layout, storage, options);
  const width = elementsPerSample(spec);
  const sampleAt = async (index: number) => {
    const values = await readRow(array, index);
    if (layout.kind === 'points') {
      const { points = layout.points, sampling } = options;
      return preparedCloud(array.name, values, layout.dimensions, { points, sampling, index });
    }
    extremesOf(array.name, values, () => index, { range: storage.range, holes, couldHaveHoles });
    const stored = storage.store(values);
    return frame.kind === 'image' && frame.channelsFirst ? channelsLast(stored, frame.shape) : stored;
  };
  return {
    name,
    spec,
    size,
    classes,
    labelled: labelledOf(labels),
    testSize,
    notices: [
      ...options.notices,
      ...storage.notices,
      ...(frame.kind === 'image' ? frame.notices : []),
      ...(frame.kind === 'points' ? repeatNotice(frame.points, options.points ?? frame.points) : []),
    ],
    fingerprint: options.fingerprint ?? contentHash(...samples),
    async read(indices) {
      requireIndices(indices, name, size);
      const x = allocateSamples(spec, indices.length);
      await Promise.all(Array.from(indices, async (index, i) => x.set(await sampleAt(index), i * width)));
      return { x, labels: labels && Int32Array.from(indices, (index) => labels[index]) };
    },
    idOf: String,
    close: release,
  };
}

function specOf(layout: ArrayLayout, { dtype, range }: ImageStorage, options: PositionalOptions): SampleSpec {
  if (layout.kind === 'points') {
    const { points = layout.points } = options;
    return { kind: 'points', shape: [points, layout.dimensions], dtype: 'float32' };
  }
  const frame = layout.kind === 'sequence' ? layout.frame : layout;
  const one: ImageSpec | TableSpec =
    frame.kind === 'image'
      ? { kind: 'image', shape: frame.shape, dtype, range, ...markOf(options.holes) }
      : {
          kind: 'table',
          shape: [frame.columns],
          dtype: 'float32',
          columns: options.columns,
          ...markOf(options.holes),
        };
  return layout.kind === 'sequence' ? sequenceOf(layout.time, one) : one;
}

const floatStorage = (name: string): ImageStorage => ({
  dtype: 'float32',
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  notices: [],
  store: (values) => toFloat32(name, values),
});
