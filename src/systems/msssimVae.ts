/**
 * The MS-SSIM VAE: reconstructions are judged by how alike they look, not by their distance pixel by pixel.
 *
 *   s (1 − MS-SSIM(x, x̂)) + w KL(q(z|x) ‖ p(z))
 *
 * MS-SSIM lies in [0, 1] for a whole picture; the scale s, by default the number D of values in a sample, makes it weigh
 * about what a likelihood in nats would. The decoder ends in a sigmoid, so R = 1.
 *
 * Source: Ridgeway, Snell et al. 2015, "Learning to generate images with perceptual similarity metrics"
 * (arXiv:1511.06409).
 */
import { z } from 'zod';
import { msSsim, scalesFor } from '../nn/index.js';
import { sizeOf } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { expectedLossOptions, expectedLossVae, pictureVae } from './expectedLoss.js';
import { nonNegative, positiveInteger } from './options.js';
import { system } from './system.js';

export const msssimVae = system({
  name: 'msssim-vae',
  title: 'MS-SSIM VAE',
  paper: 'Ridgeway, Snell et al. 2015, arXiv:1511.06409',
  objective: String.raw`s\,(1 - \text{MS-SSIM}(x, \hat{x})) + w\,KL(q(z|x)\,\|\,p(z))`,
  summary: 'A VAE for pictures that are to look right: it keeps edges and contrast rather than every pixel.',
  options: expectedLossOptions.extend({
    weights: z
      .enum(['wang', 'ones'])
      .default('wang')
      .describe(
        'exponents of the scales: those fitted to human judgement, adding up to 1, or 1 for every scale',
      ),
    scales: z
      .union([z.literal('auto'), positiveInteger()])
      .default('auto')
      .describe(
        'number of scales, each half as large as the one before; auto: as many as hold the window, up to 5',
      ),
    window: positiveInteger()
      .default(11)
      .describe('side of the Gaussian window, odd; smaller pictures get the largest that fits'),
    negative: z
      .enum(['relu', 'shift'])
      .default('relu')
      .describe('similarities below 0 become 0, or every similarity v becomes (v + 1) / 2'),
    klWeight: nonNegative().default(1).describe('weight of the KL term'),
    scale: z
      .number()
      .positive()
      .optional()
      .describe('what complete dissimilarity costs (default: the number of values in a sample)'),
  }),
  build(data, { weights, scales: asked, window, negative, klWeight, scale, ...options }, scope) {
    const parts = pictureVae(data, options, scope);
    const scales = scalesThatFit(data, asked, window);
    const exponents = weights === 'ones' ? new Array<number>(scales).fill(1) : undefined;
    const similarity = { scales, window, negative, weights: exponents };
    const cost = scale ?? sizeOf(data.shape);
    return expectedLossVae(parts, (y, x) => msSsim(y, x, similarity).neg().add(1).mul(cost), klWeight);
  },
});

function scalesThatFit({ shape }: DataDescription, asked: number | 'auto', window: number): number {
  if (window % 2 === 0)
    throw new OptionError('window', `${window} has no centre; use an odd number of pixels`);
  const [height, width] = shape;
  const most = scalesFor(height, width, window);
  if (asked === 'auto') return most;
  if (asked <= most) return asked;
  const room = `pictures of ${height} × ${width} pixels hold a window of ${window} at ${most} of at most 5 scales`;
  throw new OptionError('scales', `${room}; ask for fewer than ${asked}, or for a smaller window`);
}
