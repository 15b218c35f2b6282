/** What a model that was trained to undo noise makes of samples with such noise. */
import type { Samples } from '../data/index.js';
import type { TrainedModel } from '../inference/index.js';
import { denoisingGrid, type Figure, formatNumber, type Pictures } from '../pictures/index.js';
import { framesOf } from './shown.js';

/** The same pictures in three forms, as intensities from 0 to 1; noise may go beyond. */
export interface Denoised {
  readonly originals: Pictures;
  /** As the encoder is given them in training. */
  readonly corrupted: Pictures;
  readonly restored: Pictures;
}

/**
 * Pictures with noise and what a model restores from them; undefined where it was trained without noise, or sees no
 * pictures.
 *
 * @param seed key of the noise
 */
export async function denoised(
  model: TrainedModel,
  samples: Samples,
  seed = 0,
): Promise<Denoised | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image' || !model.runner.build().corrupt) return undefined;
  const { originals, corrupted, restored } = await model.runner.mapSamples(
    'denoised',
    samples,
    (batch, { model: built }) => {
      if (!built.corrupt) throw new Error('denoised: the model lost its noise from one build to another');
      const spoilt = built.corrupt(batch);
      const code = built.encode({ ...batch, x: spoilt });
      return { originals: batch.x, corrupted: spoilt, restored: built.decode(code, batch.labels) };
    },
    { seed, isObserved: true },
  );
  return {
    originals: framesOf(spec, originals),
    corrupted: framesOf(spec, corrupted),
    restored: framesOf(spec, restored),
  };
}

/** The same as a figure, with the error before and after. */
export async function denoisingView(
  model: TrainedModel,
  samples: Samples,
  seed?: number,
): Promise<Figure | undefined> {
  const data = await denoised(model, samples, seed);
  if (!data) return undefined;
  const error = (pictures: Pictures) => formatNumber(meanSquaredError(data.originals, pictures), 3);
  return denoisingGrid({
    ...data,
    caption: `Mean squared error of a pixel: ${error(data.corrupted)} with noise, ${error(data.restored)} restored.`,
  });
}

function meanSquaredError({ data: a }: Pictures, { data: b }: Pictures): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}
