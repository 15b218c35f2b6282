/**
 * The denoising autoencoder: the clean sample from a spoilt one.
 *
 *   α Σ_{i∈J} ℓ(x_i, x̂_i(x̃)) + β Σ_{i∉J} ℓ(x_i, x̂_i(x̃)),   x̃ ~ M(x̃|x), J what the noise has reached
 *
 * The noise is drawn anew wherever the objective is computed, in evaluation too; codes are those of clean samples.
 *
 * Source: Vincent et al., ICML 2008; the emphasis (α, β): Vincent et al., JMLR 11, 2010, §4.1.
 */
import { z } from 'zod';
import { autoencoder, autoencoderOptions } from './autoencoder.js';
import { corruption, corruptionOptions } from './corruption.js';
import { OptionError } from './errors.js';
import { nonNegative } from './options.js';
import { system } from './system.js';

export const dae = system({
  name: 'dae',
  title: 'Denoising autoencoder',
  paper: 'Vincent et al., ICML 2008; JMLR 11, 2010',
  objective: String.raw`\mathbb{E}_{y \sim M(y|x)} \sum_i (x_i - f(g(y))_i)^2`,
  summary:
    'Learns to undo noise: codes that hold what entries say about each other, restoring of spoilt or missing entries.',
  takesHoles: true,
  options: autoencoderOptions.extend(corruptionOptions.shape).extend({
    emphasis: z
      .tuple([nonNegative(), nonNegative()])
      .default([1, 1])
      .describe('α, β: weights of the entries that noise has reached, and of the others'),
  }),
  build(data, { noise, level, perPixel, independent, emphasis, ...options }, scope) {
    const [alpha, beta] = emphasis;
    if (noise === 'gaussian' && alpha !== beta) {
      throw new OptionError('emphasis', 'has no effect with gaussian noise, which reaches every entry');
    }
    const { latent, encode, decode, mean, cost } = autoencoder(data, options, scope);
    const corrupted = corruption(data, { noise, level, perPixel, independent });
    return {
      codeShape: [latent],
      objective({ x }) {
        const { corrupted: spoilt, chosen } = corrupted(x);
        const loss = cost(decode(encode(spoilt)), x);
        const emphasised = alpha === beta ? loss.mul(alpha) : chosen.where(loss.mul(alpha), loss.mul(beta));
        return { reconstruction: emphasised.sumOverEvent() };
      },
      encode: ({ x }) => encode(x),
      decode: (code) => mean(decode(code)),
      corrupt: ({ x }) => corrupted(x).corrupted,
    };
  },
});
