/**
 * How near reconstructions come: squared and absolute errors, and for pictures the peak signal-to-noise ratio and the
 * structural similarity. Pictures are compared as intensities in [0, 1], clamped to that range, all else as models see it.
 */
import { pictureOf } from '../data/index.js';
import type { ModelRunner } from '../inference/index.js';
import { msSsim, scalesFor, ssim, windowFor } from '../nn/index.js';
import type { Batch, Model } from '../systems/index.js';
import type { Tensor } from '../tensor/index.js';
import { type Metric, meanOver } from './metric.js';
import { mapSource, type SampleSource, type SourceOptions } from './sources.js';

/** Means over samples of the errors of x̂ = decode(encode(x)), where the code is the posterior's mean. */
export async function reconstructionMetrics(
  runner: ModelRunner,
  source: SampleSource,
  options: SourceOptions = {},
): Promise<Metric[]> {
  const { spec } = runner.data;
  const rows = await mapSource(runner, 'reconstruction metrics', source, options, (batch, { model }) =>
    errors(model, batch, spec.kind === 'image'),
  );
  const range = pictureOf(spec) ? 'intensities in [0, 1]' : 'as models see them';
  const measured: Metric[] = [
    meanOver(rows.square, {
      name: 'meanSquaredError',
      unit: '',
      estimator: `mean over the numbers of a sample, ${range}`,
    }),
    meanOver(rows.absolute, {
      name: 'meanAbsoluteError',
      unit: '',
      estimator: `mean over the numbers of a sample, ${range}`,
    }),
  ];
  if (spec.kind !== 'image') return measured;
  const [height, width] = spec.shape;
  const window = windowFor(height, width);
  const scales = scalesFor(height, width, window);
  return [
    ...measured,
    meanOver(rows.unclamped, {
      name: 'meanSquaredErrorUnclamped',
      unit: '',
      estimator: `mean over the numbers of a sample, ${range}, reconstructions as they are`,
    }),
    meanOver(
      Array.from(rows.square, (error) => -10 * Math.log10(error)),
      { name: 'psnr', unit: 'dB', estimator: '−10 log₁₀ MSE of each picture' },
    ),
    meanOver(rows.ssim, {
      name: 'ssim',
      unit: '',
      estimator: 'Wang et al. 2004, Gaussian window of deviation 1.5, valid positions, by channel',
      options: { window },
    }),
    meanOver(rows.msSsim, {
      name: `msSsim(${scales})`,
      unit: '',
      estimator: 'Wang et al. 2003, luminance at the coarsest scale, first weights renormalised',
      options: { window, scales },
    }),
  ];
}

function errors(model: Model, batch: Batch, isPicture: boolean): Record<string, Tensor> {
  const decoded = model.decode(model.encode(batch), batch.labels);
  const { x } = batch;
  const event = x.shape.map((_, axis) => axis).slice(1);
  const over = (each: Tensor) => each.mean(event);
  if (!isPicture) {
    const difference = decoded.sub(x);
    return { square: over(difference.square()), absolute: over(difference.abs()) };
  }
  const clamped = decoded.clip(0, 1);
  return {
    square: over(clamped.sub(x).square()),
    absolute: over(clamped.sub(x).abs()),
    unclamped: over(decoded.sub(x).square()),
    ssim: ssim(x, clamped),
    msSsim: msSsim(x, clamped),
  };
}
