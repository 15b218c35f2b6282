/** Samples as figures take them: pictures as intensities from 0 to 1, rows in the table's own units. */
import type { ImageSpec, Samples, TableSpec } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import type { Pictures, TableRows } from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';

type Stored = Samples['x'];

export function asPictures(spec: ImageSpec, x: Stored): Pictures {
  const [low, high] = spec.range;
  return picturesOf(
    spec,
    Float32Array.from(x, (value) => (value - low) / (high - low)),
  );
}

export function asRows({ columns }: TableSpec, data: Stored): TableRows {
  return { columns, data };
}

/**
 * What codes decode to, not rounded to stored levels: of pictures in black and white that would hide how sure a model is.
 *
 * @throws Error if the model is not one of pictures
 */
export async function decodedPictures(
  model: TrainedModel,
  codes: Float32Array,
  labels?: Int32Array,
): Promise<Pictures> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image') throw new Error('decodedPictures: the model is one of a table');
  const { x } = await model.runner.mapCodes(
    'intensities',
    { values: codes, shape: model.codeShape, labels },
    (code, classes, built) => ({ x: built.model.decode(code, classes) }),
  );
  return picturesOf(spec, x);
}

/** Numbers of a picture's shape, one after the other, as pictures. */
export function picturesOf({ shape }: ImageSpec, data: Float32Array): Pictures {
  const [height, width, channels] = shape;
  return { data, shape: [data.length / sizeOf(shape), height, width, channels] };
}
