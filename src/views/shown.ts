/**
 * Samples as figures take them. All but rows of tables are pictures or become some: sequences of pictures as strips,
 * sequences of rows as small plots, clouds from three sides or, where room is scarce, from one. Rows are in the table's own units.
 */
import { type ImageSpec, pictureOf, type SampleSpec, type Samples, type TableSpec } from '../data/index.js';
import type { SampleOptions, TrainedModel } from '../inference/index.js';
import {
  cloudSides,
  cloudsAtAnAngle,
  type Pictures,
  picturesOf,
  sparklines,
  stripsOf,
  type TableRows,
} from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';

type Stored = Samples['x'];
/** What is looked at one by one; of a table's rows, figures show the distribution. */
export type PicturedSpec = Exclude<SampleSpec, TableSpec>;

export interface ShownOptions {
  /** How clouds are seen: from three sides, or at one angle in a square. @default 'sides' */
  readonly clouds?: 'sides' | 'angle';
}

/** @param x as stored */
export function asPictures(spec: PicturedSpec, x: Stored, options?: ShownOptions): Pictures {
  const [low, high] = pictureOf(spec)?.range ?? [0, 1];
  return pictured(
    spec,
    Float32Array.from(x, (value) => (value - low) / (high - low)),
    options,
  );
}

/** @param values pictures as intensities in [0, 1], all else as stored */
function pictured(
  spec: PicturedSpec,
  values: Float32Array,
  { clouds = 'sides' }: ShownOptions = {},
): Pictures {
  switch (spec.kind) {
    case 'image':
      return framesOf(spec, values);
    case 'points':
      return picturesOf((clouds === 'angle' ? cloudsAtAnAngle : cloudSides)(values, spec.shape));
    case 'sequence': {
      const { frame, shape } = spec;
      const [time] = shape;
      return picturesOf(
        frame.kind === 'image'
          ? stripsOf(framesOf(frame, values), time)
          : sparklines(frame.columns, values, time),
      );
    }
  }
}

/** Intensities of a picture's shape, one picture after the other. */
export function framesOf({ shape }: ImageSpec, data: Float32Array): Pictures {
  return { data, shape: [data.length / sizeOf(shape), ...shape] };
}

export function asRows({ columns }: TableSpec, data: Stored): TableRows {
  return { columns, data };
}

/**
 * What codes decode to, pictures not rounded to stored levels: of black and white that would hide how sure a model is.
 *
 * @throws Error if the model is not one of pictures
 */
export async function decodedPictures(
  model: TrainedModel,
  codes: Float32Array,
  labels?: Int32Array,
  options?: ShownOptions,
): Promise<Pictures> {
  const { spec } = model.runner.data;
  if (spec.kind === 'table') throw new Error('decodedPictures: the model is one of a table');
  const { x } = await model.runner.mapCodes(
    'shown',
    { values: codes, shape: model.codeShape, labels },
    (code, classes, built) => {
      const decoded = built.model.decode(code, classes);
      return { x: pictureOf(spec) ? decoded : built.data.fromModel(decoded) };
    },
  );
  return pictured(spec, x, options);
}

/** What codes drawn from the prior decode to. @throws Error as `TrainedModel.sample` does, and for tables */
export function newPictures(
  model: TrainedModel,
  count: number,
  options: Pick<SampleOptions, 'labels' | 'seed' | 'temperature'> & ShownOptions,
): Promise<Pictures> {
  return model.forNewSamples(options, async () => {
    const { codes } = await model.sample(count, options);
    return decodedPictures(model, codes, options.labels, options);
  });
}
