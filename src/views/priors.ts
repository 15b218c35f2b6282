/** What fitted priors make of one model: their samples beside each other, and beside what these might be copies of. */
import type { SampleSource } from '../evaluation/index.js';
import type { SampleOptions, TrainedModel } from '../inference/index.js';
import { type Figure, type Pictures, reconstructionGrid, samplesGrid } from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';
import { asPictures, newPictures } from './shown.js';

export interface PriorsViewOptions {
  /** Samples of each. */
  readonly count: number;
  readonly seed?: number;
  /** Factor of the deviations of the priors. @default 1, or the system's own */
  readonly temperature?: number;
  /** Class of each sample, of a model that takes them. */
  labelsFor?(model: TrainedModel, count: number): Int32Array | undefined;
}

/** One row of pictures for each prior. */
export async function priorsView(
  models: readonly (readonly [name: string, model: TrainedModel])[],
  { count, seed = 0, temperature, labelsFor }: PriorsViewOptions,
): Promise<Figure> {
  const rows: Pictures[] = [];
  for (const [, model] of models) {
    rows.push(await newPictures(model, count, { labels: labelsFor?.(model, count), seed, temperature }));
  }
  const [{ shape }] = rows;
  const data = new Float32Array(rows.length * sizeOf(shape));
  rows.forEach((row, i) => {
    data.set(row.data, i * sizeOf(shape));
  });
  return samplesGrid({
    samples: { data, shape: [rows.length * shape[0], shape[1], shape[2], shape[3]] },
    columns: count,
    rowLabels: models.map(([name]) => name),
    title: 'Samples by prior',
  });
}

/** Training samples that are compared with at a time. */
const CHUNK = 2048;

/** Each sample above the training sample that is nearest in pixels: a model that remembers gives pairs of twins. */
export async function nearestView(
  model: TrainedModel,
  training: SampleSource,
  { count, ...options }: { readonly count: number } & Pick<SampleOptions, 'labels' | 'seed' | 'temperature'>,
): Promise<Figure> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image') throw new Error('nearestView: the model is not one of pictures');
  const samples = await newPictures(model, count, options);
  const size = sizeOf(spec.shape);
  const nearest = new Float32Array(count * size);
  const distances = new Float64Array(count).fill(Infinity);
  for (let start = 0; start < training.size; start += CHUNK) {
    const length = Math.min(CHUNK, training.size - start);
    const { data } = asPictures(spec, (await training.read(start, length)).x);
    for (let n = 0; n < length; n++) {
      const picture = data.subarray(n * size, (n + 1) * size);
      for (let i = 0; i < count; i++) {
        const distance = squaredDistance(picture, samples.data, i * size, distances[i]);
        if (distance >= distances[i]) continue;
        distances[i] = distance;
        nearest.set(picture, i * size);
      }
    }
  }
  return reconstructionGrid({
    originals: samples,
    reconstructions: { data: nearest, shape: samples.shape },
    title: 'Samples and the nearest training samples',
    caption: `Root mean squared difference of pixels: ${rootMeanSquare(distances, size).toFixed(3)} of full intensity.`,
    names: ['sample', 'nearest'],
  });
}

/** Squared distance of a picture to the one that stands at a place, or more than `limit` once it is beyond. */
function squaredDistance(
  picture: Pictures['data'],
  all: Pictures['data'],
  at: number,
  limit: number,
): number {
  let sum = 0;
  for (let i = 0; i < picture.length && sum < limit; i++) sum += (picture[i] - all[at + i]) ** 2;
  return sum;
}

function rootMeanSquare(squares: Float64Array, size: number): number {
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / (squares.length * size));
}
