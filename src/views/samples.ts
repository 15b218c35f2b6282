/** What a model makes of the data and out of nothing: reconstructions, samples, ways between codes. */
import type { Samples } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import {
  columnHistograms,
  columnPairs,
  columnReconstructions,
  type Figure,
  interpolationGrid,
  MOST_PAIRED_COLUMNS,
  manifoldGrid,
  reconstructionGrid,
  samplesGrid,
  traversalGrid,
} from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';
import { asPictures, asRows } from './stored.js';

/** Each sample beside what is left of it after the code. */
export async function reconstructionsView(
  model: TrainedModel,
  originals: Samples,
  seed = 0,
): Promise<Figure> {
  const { spec } = model.runner.data;
  const x = await model.reconstruct(originals, { seed });
  if (spec.kind === 'image') {
    return reconstructionGrid({
      originals: asPictures(spec, originals.x),
      reconstructions: asPictures(spec, x),
    });
  }
  return columnReconstructions({ originals: asRows(spec, originals.x), reconstructions: asRows(spec, x) });
}

export interface SamplesViewOptions {
  readonly count: number;
  /** Class of each sample, for systems that are conditioned on one. */
  readonly labels?: Int32Array;
  readonly seed?: number;
  /** Pictures in a row. @default as many as make the grid about square */
  readonly columns?: number;
  /** Data to compare with, for tables. */
  readonly data: Samples;
}

/** New samples: pictures in a grid, rows of a table against the data's. */
export async function samplesView(
  model: TrainedModel,
  { count, labels, seed = 0, columns, data }: SamplesViewOptions,
): Promise<Figure> {
  const { spec } = model.runner.data;
  const { x } = await model.sample(count, { labels, seed });
  if (spec.kind === 'image') return samplesGrid({ samples: asPictures(spec, x), columns });
  const [rows, samples] = [asRows(spec, data.x), asRows(spec, x)];
  if (spec.columns.length < 2 || spec.columns.length > MOST_PAIRED_COLUMNS)
    return columnHistograms({ data: rows, samples });
  const sets = [
    { name: 'data', rows },
    { name: 'samples', rows: samples },
  ];
  return columnPairs({ sets, title: 'Samples' });
}

export interface TraversalsViewOptions {
  /** The sample whose code is moved. */
  readonly sample: Samples;
  /** Coordinates to move, in order. */
  readonly coordinates: readonly number[];
  /** Where each coordinate is centred and how far one unit goes; 0 and 1 for codes with a standard normal prior. */
  readonly scale?: { readonly mean: ArrayLike<number>; readonly deviation: ArrayLike<number> };
  /** KL of every coordinate, nats. */
  readonly kl?: readonly number[];
  /** Units to go, from left to right. @default −3 to 3 */
  readonly values?: readonly number[];
}

const TRAVERSAL = [-3, -2, -1, 0, 1, 2, 3];

/** One coordinate of a code moved at a time. Only pictures can be looked at this way. */
export async function traversalsView(
  model: TrainedModel,
  { sample, coordinates, scale, kl, values = TRAVERSAL }: TraversalsViewOptions,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image') return undefined;
  const { mean: code } = await model.encode(sample);
  const moves = coordinates.map((j) =>
    values.map((value) => (scale ? scale.mean[j] + value * scale.deviation[j] : value)),
  );
  const codes = model.traverse(code, coordinates, moves);
  const x = await model.decode(codes, {
    labels: repeated(sample.labels, coordinates.length * values.length),
  });
  return traversalGrid({
    pictures: asPictures(spec, x),
    dimensions: coordinates.map((index) => (kl ? { index, kl: kl[index] } : { index })),
    values,
    ...(scale
      ? { caption: 'Each row moves one coordinate of the code, in standard deviations of the codes.' }
      : {}),
  });
}

/** What a plane of two-dimensional codes decodes to. */
export async function manifoldView(
  model: TrainedModel,
  { side, label }: { side: number; label?: number },
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image' || sizeOf(model.codeShape) !== 2) return undefined;
  const values = Array.from({ length: side }, (_, i) => Number(((6 * i) / (side - 1) - 3).toFixed(2)));
  const codes = Float32Array.from(values.flatMap((down) => values.flatMap((right) => [right, -down])));
  const labels = label === undefined ? undefined : new Int32Array(side * side).fill(label);
  const x = await model.decode(codes, { labels });
  return manifoldGrid({
    pictures: asPictures(spec, x),
    rows: values.map((value) => -value),
    columns: values,
  });
}

/** From one sample to another through the code, one pair a row; samples 0 to 1, 2 to 3 and so on. */
export async function interpolationsView(
  model: TrainedModel,
  samples: Samples,
  steps: number,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image') return undefined;
  const size = sizeOf(model.codeShape);
  const { mean } = await model.encode(samples);
  const every = (offset: number) => mean.filter((_, i) => Math.floor(i / size) % 2 === offset);
  const codes = model.interpolate(every(0), every(1), steps);
  const from = samples.labels?.filter((_, i) => i % 2 === 0);
  const labels =
    from && Int32Array.from({ length: from.length * steps }, (_, i) => from[Math.floor(i / steps)]);
  return interpolationGrid({ pictures: asPictures(spec, await model.decode(codes, { labels })), steps });
}

function repeated(labels: Int32Array | undefined, count: number): Int32Array | undefined {
  return labels && new Int32Array(count).fill(labels[0]);
}
