/**
 * The Wasserstein autoencoder whose codes are matched by a kernel:
 *
 *   s c(x, f(g(x))) + λ MMD²(q(z), p(z)),   p(z) = N(0, I)
 *
 * with the inverse multiquadratic kernel summed over seven scales. Source: Tolstikhin et al. 2018, algorithm 2
 * (arXiv:1711.01558); s, the scales and the noise on inputs are those of the authors' code.
 */

import { z } from 'zod';
import { covariance } from '../tensor/index.js';
import { kernelOptions, mismatch } from './kernelOptions.js';
import { type Stage, stage } from './phases.js';
import { requireBatch } from './requireBatch.js';
import { type Batch, system } from './system.js';
import { penalty, type Terms } from './terms.js';
import { waeOptions, waeParts } from './wae.js';

export const waeMmd = system({
  name: 'wae-mmd',
  title: 'WAE-MMD',
  paper: 'Tolstikhin, Bousquet, Gelly & Schölkopf, ICLR 2018, arXiv:1711.01558',
  objective: String.raw`c(x, f(g(x))) + \lambda\,MMD^2(q(z), p(z))`,
  summary: 'An autoencoder whose codes, taken together, are pulled to N(0, I): sharp, and it can be sampled.',
  takesHoles: true,
  options: waeOptions.extend(kernelOptions('imq', [0.1, 0.2, 0.5, 1, 2, 5, 10]).shape).extend({
    pretrain: z
      .number()
      .int()
      .nonnegative()
      .default(0)
      .describe('steps in which the encoder alone learns the mean and the covariance of the prior'),
  }),
  training: () => ({ batchSize: 100, beta1: 0.5 }),
  require: (given) => requireBatch(given, 64, 'wae-mmd estimates MMD² from the batch'),
  build(data, { lambda, kernel, scales, bandwidth, pretrain, ...options }, scope) {
    const { model, moves, code, drawn, reconstruction } = waeParts(data, options, scope);
    const objective = ({ x }: Batch): Terms => {
      const codes = code(x);
      const mmd = mismatch(codes, drawn(codes), { kernel, scales, bandwidth });
      return { reconstruction: reconstruction(x, codes), mmd: penalty(lambda, mmd) };
    };
    if (pretrain === 0) return { ...model, objective };
    const moments = ({ x }: Batch): Terms => {
      const codes = code(x);
      const target = drawn(codes);
      return {
        mean: codes.mean(0).sub(target.mean(0)).square().mean(),
        covariance: covariance(codes).sub(covariance(target)).square().mean(),
      };
    };
    const stages: Stage[] = [
      stage('pretraining', pretrain, { name: 'pretraining', moves: moves.encoder, objective: moments }),
      stage('training', undefined, { name: 'autoencoder', moves: () => true, objective }),
    ];
    return { ...model, objective, stages };
  },
});
