/** What a model makes of the data and out of nothing: reconstructions, samples, ways between codes. */
import type { Samples } from '../data/index.js';
import type { LatentPath, SampleOptions, TrainedModel } from '../inference/index.js';
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
import { type CodeFrame, coordinateIn } from './frame.js';
import { asPictures, asRows, decodedPictures } from './shown.js';

/** Each sample beside what is left of it after the code. */
export async function reconstructionsView(model: TrainedModel, originals: Samples): Promise<Figure> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'table') {
    const { mean } = await model.encode(originals);
    return reconstructionGrid({
      originals: asPictures(spec, originals.x),
      reconstructions: await decodedPictures(model, mean, originals.labels),
    });
  }
  const x = await model.reconstruct(originals);
  return columnReconstructions({ originals: asRows(spec, originals.x), reconstructions: asRows(spec, x) });
}

export interface SamplesViewOptions {
  readonly count: number;
  /** Class of each sample, for systems that are conditioned on one. */
  readonly labels?: Int32Array;
  readonly seed?: number;
  /** Of pictures and rows: the likelihood's mean, or a draw. @default as the model itself samples */
  readonly values?: SampleOptions['values'];
  /** Factor of the prior's deviations. @default the system's own */
  readonly temperature?: number;
  /** Pictures in a row. @default as many as make the grid about square */
  readonly columns?: number;
  /** What the pictures of each row have in common. */
  readonly rowLabels?: readonly string[];
  /** Data to compare with, for tables. */
  readonly data?: Samples;
}

/** New samples: in a grid; rows of a table as their distribution, beside the data's where these are given. */
export function samplesView(model: TrainedModel, options: SamplesViewOptions): Promise<Figure> {
  return model.forNewSamples(options, () => drawnSamples(model, options));
}

async function drawnSamples(
  model: TrainedModel,
  { count, labels, seed = 0, values, temperature, columns, rowLabels, data }: SamplesViewOptions,
): Promise<Figure> {
  const { spec } = model.runner.data;
  const { x, codes } = await model.sample(count, { labels, seed, values, temperature });
  if (spec.kind !== 'table') {
    const isDrawn = values === 'draw';
    const samples = isDrawn ? asPictures(spec, x) : await decodedPictures(model, codes, labels);
    return samplesGrid({ samples, columns, rowLabels });
  }
  const samples = asRows(spec, x);
  const rows = data && asRows(spec, data.x);
  if (spec.columns.length < 2 || spec.columns.length > MOST_PAIRED_COLUMNS)
    return columnHistograms({ data: rows, samples });
  const sets = [...(rows ? [{ name: 'data', rows }] : []), { name: 'samples', rows: samples }];
  return columnPairs({ sets, title: 'Samples' });
}

export interface TraversalsViewOptions {
  /** The sample whose code is moved. */
  readonly sample: Samples;
  /** Coordinates to move, in order. */
  readonly coordinates: readonly number[];
  readonly frame: CodeFrame;
  /** KL of every coordinate, nats. */
  readonly kl?: readonly number[];
  /** Deviations of the frame to go, from left to right. @default −3 to 3 */
  readonly values?: readonly number[];
}

const TRAVERSAL = [-3, -2, -1, 0, 1, 2, 3];

/** One coordinate of a code moved at a time. Rows of a table cannot be looked at this way. */
export async function traversalsView(
  model: TrainedModel,
  { sample, coordinates, frame, kl, values = TRAVERSAL }: TraversalsViewOptions,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind === 'table') return undefined;
  const { mean: code } = await model.encode(sample);
  const moves = coordinates.map((j) => values.map((value) => coordinateIn(frame, j, value)));
  const codes = model.traverse(code, coordinates, moves);
  const labels = sample.labels && new Int32Array(coordinates.length * values.length).fill(sample.labels[0]);
  return traversalGrid({
    pictures: await decodedPictures(model, codes, labels),
    dimensions: coordinates.map((index) => (kl ? { index, kl: kl[index] } : { index })),
    values,
    caption: `Each row moves one coordinate of the code, in standard deviations of the ${frame.of}; the others stay.`,
  });
}

export interface ManifoldViewOptions {
  /** Pictures in a row and in a column. */
  readonly side: number;
  readonly frame: CodeFrame;
  /** The class to decode to, for systems that are conditioned on one, and its name. */
  readonly label?: { readonly index: number; readonly name: string };
}

/** Deviations from the middle to the edge: nearly all codes lie within. */
const MANIFOLD_EDGE = 2.5;

/** What a plane of two-dimensional codes decodes to. */
export async function manifoldView(
  model: TrainedModel,
  { side, frame, label }: ManifoldViewOptions,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind === 'table' || sizeOf(model.codeShape) !== 2) return undefined;
  const values = Array.from({ length: side }, (_, i) => MANIFOLD_EDGE * ((2 * i) / (side - 1) - 1));
  const columns = values.map((value) => coordinateIn(frame, 0, value));
  const rows = values.map((value) => coordinateIn(frame, 1, -value));
  const codes = Float32Array.from(rows.flatMap((down) => columns.flatMap((right) => [right, down])));
  const labels = label && new Int32Array(side * side).fill(label.index);
  return manifoldGrid({
    pictures: await decodedPictures(model, codes, labels),
    rows,
    columns,
    ...(label ? { title: `Latent plane of class ${label.name}` } : {}),
  });
}

/**
 * From one sample to another through the code, one pair a row; samples 0 to 1, 2 to 3 and so on. A system that is
 * conditioned on classes, between which there is nothing, gets that of the nearer end.
 */
export async function interpolationsView(
  model: TrainedModel,
  samples: Samples,
  steps: number,
  path?: LatentPath,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind === 'table') return undefined;
  const size = sizeOf(model.codeShape);
  const vectors = await model.vectors(samples);
  const every = (offset: number) => vectors.filter((_, i) => Math.floor(i / size) % 2 === offset);
  const codes = await model.quantise(model.interpolate(every(0), every(1), steps, path));
  const nearer = (i: number) => 2 * Math.floor(i / steps) + Number(i % steps >= steps / 2);
  const { labels: classes } = samples;
  const labels =
    classes && Int32Array.from({ length: (classes.length / 2) * steps }, (_, i) => classes[nearer(i)]);
  return interpolationGrid({ pictures: await decodedPictures(model, codes, labels), steps });
}
