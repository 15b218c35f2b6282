/** What the importance-weighted systems share: a VAE whose code is drawn many times, each draw with its weight. */
import { z } from 'zod';
import type { Scope } from '../nn/index.js';
import {
  type ImportanceGradient,
  type ImportanceSamples,
  importanceGradients,
  importanceSamples,
} from '../probability/index.js';
import type { Shape, Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { type GaussianVae, gaussianVae } from './gaussianVae.js';
import { type GaussianVaeOptions, gaussianVaeOptions, positiveInteger } from './options.js';
import type { Model } from './system.js';
import { vaeModel } from './vae.js';

export const gradientOption = z
  .enum(importanceGradients)
  .default('standard')
  .describe(
    'gradient of the encoder: standard, the derivative of the bound; dreg, the same in the mean with less noise; stl, biased for more than one draw',
  );

/** For M groups of K draws. */
export const groupOptions = gaussianVaeOptions.extend({
  m: positiveInteger().default(8).describe('groups of draws, whose bounds are averaged'),
  k: positiveInteger().default(8).describe('draws in a group, whose weights are averaged'),
  gradient: gradientOption,
});

export interface ImportanceWeighted {
  readonly parts: GaussianVae;
  /** A VAE on these parts: all that a model answers but for its objective. */
  readonly model: Model;
  /** The log-weights of codes drawn from q(z|x), [...draws, batch]; the encoder runs once. */
  weigh(x: Tensor, draws: Shape): ImportanceSamples;
}

export function importanceWeighted(
  data: DataDescription,
  { gradient = 'standard', ...options }: GaussianVaeOptions & { gradient?: ImportanceGradient },
  scope: Scope,
): ImportanceWeighted {
  const parts = gaussianVae(data, options, scope);
  return {
    parts,
    model: vaeModel(parts, { ...options, samples: 1, kl: 'sampled' }, 1),
    weigh: (x, draws) =>
      importanceSamples({
        q: parts.posterior(x),
        p: parts.prior(x.shape[0]),
        nll: (z) => parts.likelihood(z).nll(x),
        draws,
        // The bound has the same value either way; what is not trained does without the extra backward pass.
        gradient: scope.training ? gradient : 'standard',
      }),
  };
}
