/**
 * The sliced Wasserstein autoencoder: codes and draws from the prior are projected onto lines and compared by rank.
 *
 *   c(x, f(g(x))) + λ 1/(L B) Σ_l Σ_i | (θ_lᵀ z)_[i] − (θ_lᵀ z_p)_[i] |^p,   θ_l uniform on the sphere
 *
 * Source: Kolouri et al., ICLR 2019 (arXiv:1804.01947). The authors' λ of 10 stands beside a cost averaged over the D
 * numbers of a sample; beside our sum it is 10·D. As in their code it grows by a factor with each epoch after the
 * tenth; theirs ends after thirty, and so does its growth here, or a long run would pay for nothing else.
 */
import { z } from 'zod';
import type { Scope } from '../nn/index.js';
import { codePrior, slicedDistance } from '../probability/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import { autoencoder, autoencoderOptions } from './autoencoder.js';
import { latentFor } from './matchedAutoencoder.js';
import { nonNegative, positiveInteger } from './options.js';
import { requireBatch } from './requireBatch.js';
import { system } from './system.js';
import { penalty } from './terms.js';

export const swae = system({
  name: 'swae',
  title: 'SWAE',
  paper: 'Kolouri, Pope, Martin & Rohde, ICLR 2019, arXiv:1804.01947',
  objective: String.raw`c(x, f(g(x))) + \lambda\,SW_p^p(q(z), p(z))`,
  summary: 'An autoencoder whose codes take the shape of any prior that can be drawn from, by sorting alone.',
  takesHoles: true,
  options: autoencoderOptions.extend({
    lambda: nonNegative()
      .optional()
      .describe('weight of the sliced distance (default: 10 · size of a sample)'),
    projections: positiveInteger().default(50).describe('directions drawn per step'),
    p: z.number().min(1).default(2).describe('power of the distance along a line'),
    prior: z
      .enum(['normal', 'ring', 'disk', 'square'])
      .default('normal')
      .describe('what codes should look like; ring and disk are shapes of codes of length 2'),
    ramp: z
      .tuple([z.number().min(1), nonNegative(), nonNegative()])
      .default([1.1, 10, 30])
      .describe('in training, lambda grows by this factor per epoch, from the second number to the third'),
  }),
  training: () => ({ batchSize: 500, optimizer: 'rmsprop' }),
  require: (given) => requireBatch(given, 64, 'swae sorts the codes of a batch'),
  build(data, { lambda = 10 * sizeOf(data.shape), projections, p, prior: kind, ramp, ...options }, scope) {
    const latent = latentFor(kind, options.latent);
    const parts = autoencoder(data, { ...options, ...(latent ? { latent } : {}) }, scope);
    const prior = (count: number) => codePrior(kind, [count, parts.latent]);
    const growth = growthOf(ramp, scope);
    return {
      codeShape: [parts.latent],
      objective({ x }) {
        const codes = parts.encode(x);
        const drawn = prior(x.shape[0]).sample({ stream: 'prior' });
        const distance = slicedDistance(codes, drawn, { projections, p });
        return {
          reconstruction: parts.cost(parts.decode(codes), x).sumOverEvent(),
          slicedDistance: penalty(lambda, distance, growth ? { ramp: growth } : {}),
        };
      },
      encode: ({ x }) => parts.encode(x),
      decode: (code) => parts.mean(parts.decode(code)),
      prior,
    };
  },
});

/**
 * factor^(epochs done since the first, at most until the last), float32 scalar. Evaluation has no such factor: its
 * numbers can be compared over a run, and between runs of different lengths.
 */
function growthOf(
  [factor, first, last]: readonly [number, number, number],
  { clock }: Scope,
): Tensor | undefined {
  if (!clock || factor === 1) return undefined;
  const epoch = clock.step.mul(1 / clock.stepsPerEpoch).floor();
  return epoch.min(last).sub(first).max(0).mul(Math.log(factor)).exp();
}
