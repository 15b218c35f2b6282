/** Samples with their codes moved along a direction. */
import type { Samples } from '../data/index.js';
import { movedCodes, type TrainedModel } from '../inference/index.js';
import { editGrid, type Figure } from '../pictures/index.js';
import { asPictures, decodedPictures } from './shown.js';

export interface EditsViewOptions {
  /** v among the vectors of the model, [size]. */
  readonly direction: Float32Array;
  /** How much of v is added, from left to right. */
  readonly strengths: readonly number[];
  /** What v stands for. */
  readonly caption?: string;
}

/** Each sample beside what its code plus s times a direction decodes to. Rows of a table cannot be looked at this way. */
export async function editsView(
  model: TrainedModel,
  samples: Samples,
  { direction, strengths, caption }: EditsViewOptions,
): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind === 'table') return undefined;
  const moved = movedCodes(await model.vectors(samples), direction, strengths);
  const labels = samples.labels && repeated(samples.labels, strengths.length);
  return editGrid({
    originals: asPictures(spec, samples.x),
    pictures: await decodedPictures(model, await model.quantise(moved), labels),
    strengths,
    caption,
  });
}

/** Every label so many times. */
function repeated(labels: Int32Array, times: number): Int32Array {
  return Int32Array.from({ length: labels.length * times }, (_, i) => labels[Math.floor(i / times)]);
}
