/**
 * How near reconstructions come: squared and absolute errors, and for pictures the peak signal-to-noise ratio and the
 * structural similarity. Pictures are compared as intensities in [0, 1], clamped to that range, all else as models see it;
 * where numbers of samples are missing, the others alone count, and samples without any do not.
 */
import { pictureOf } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { msSsim, scalesFor, ssim, windowFor } from '../nn/index.js';
import { type Batch, costOfObserved, type Model, observedOf } from '../systems/index.js';
import type { Tensor } from '../tensor/index.js';
import { type Metric, meanOver, missing } from './metric.js';
import { mapSource, type SampleSource, type SourceOptions } from './sources.js';

/** Means over samples of the errors of x̂ = decode(encode(x)), where the code is the posterior's mean. */
export async function reconstructionMetrics(
  runner: ModelRunner,
  source: SampleSource,
  options: SourceOptions = {},
): Promise<Metric[]> {
  const { spec, holes } = runner.data;
  const rows = await mapSource(runner, 'reconstruction metrics', source, options, (batch, { model }) =>
    errors(model, batch, { isPicture: spec.kind === 'image', holes }),
  );
  const some = (values: Float32Array) => (holes ? values.filter((_, n) => rows.there[n] > 0) : values);
  const mean = holes
    ? 'mean over the numbers of a sample that are there'
    : 'mean over the numbers of a sample';
  const range = pictureOf(spec) ? 'intensities in [0, 1]' : 'as models see them';
  const measured: Metric[] = [
    meanOver(some(rows.square), {
      name: 'meanSquaredError',
      unit: '',
      estimator: `${mean}, ${range}`,
    }),
    meanOver(some(rows.absolute), {
      name: 'meanAbsoluteError',
      unit: '',
      estimator: `${mean}, ${range}`,
    }),
  ];
  if (spec.kind !== 'image') return measured;
  const [height, width] = spec.shape;
  const window = windowFor(height, width);
  const scales = scalesFor(height, width, window);
  const ssimOf = {
    name: 'ssim',
    unit: '',
    estimator: 'Wang et al. 2004, Gaussian window of deviation 1.5, valid positions, by channel',
    options: { window },
  } as const;
  const msSsimOf = {
    name: `msSsim(${scales})`,
    unit: '',
    estimator: 'Wang et al. 2003, luminance at the coarsest scale, first weights renormalised',
    options: { window, scales },
  } as const;
  const similarities = holes
    ? [ssimOf, msSsimOf].map((about) =>
        missing(rows.square.length, about, 'windows of pictures with holes cannot be compared'),
      )
    : [meanOver(rows.ssim, ssimOf), meanOver(rows.msSsim, msSsimOf)];
  return [
    ...measured,
    meanOver(some(rows.unclamped), {
      name: 'meanSquaredErrorUnclamped',
      unit: '',
      estimator: `${mean}, ${range}, reconstructions as they are`,
    }),
    meanOver(
      Array.from(some(rows.square), (error) => -10 * Math.log10(error)),
      { name: 'psnr', unit: 'dB', estimator: '−10 log₁₀ MSE of each picture' },
    ),
    ...similarities,
  ];
}

function errors(
  model: Model,
  batch: Batch,
  { isPicture, holes }: { isPicture: boolean; holes: boolean },
): Record<string, Tensor> {
  const decoded = model.decode(model.encode(batch), batch.labels);
  const { x } = batch;
  const event = x.shape.map((_, axis) => axis).slice(1);
  const there = holes ? { there: observedOf(x).isThere.cast('float32').sum(event) } : undefined;
  const over = (difference: (values: Tensor) => Tensor) =>
    there
      ? costOfObserved({ holes }, x, difference).sum(event).div(there.there.max(1))
      : difference(x).mean(event);
  if (!isPicture) {
    const difference = (values: Tensor) => decoded.sub(values);
    return {
      ...there,
      square: over((values) => difference(values).square()),
      absolute: over((values) => difference(values).abs()),
    };
  }
  const clamped = decoded.clip(0, 1);
  return {
    ...there,
    square: over((values) => clamped.sub(values).square()),
    absolute: over((values) => clamped.sub(values).abs()),
    unclamped: over((values) => decoded.sub(values).square()),
    ...(holes ? {} : { ssim: ssim(x, clamped), msSsim: msSsim(x, clamped) }),
  };
}
