/**
 * The disentangled β-VAE: instead of paying for every nat in the code, keep the code at a capacity that grows slowly.
 *
 *   mean_b[−log p(x|z)] + γ |mean_b[KL(q(z|x) ‖ p(z))] − C(t)|,   C(t) = C_max min(1, t / T)
 *
 * t counts optimiser steps. It is the batch's mean KL that is compared with C: single samples may use more than others.
 * `perSample` takes the absolute value of each sample's difference instead, which is never less and evens them out.
 *
 * Evaluation stands at the end of the schedule. ELBO and test numbers hold the KL itself, never C.
 *
 * Source: Burgess et al. 2018 (arXiv:1804.03599).
 */
import { z } from 'zod';
import { gaussianVae } from './gaussianVae.js';
import { nonNegative, vaeOptions } from './options.js';
import { requireBatch } from './requireBatch.js';
import { ramp } from './schedules.js';
import { type Batch, system } from './system.js';
import { penalty, reported, toWeighted } from './terms.js';
import { vaeModel } from './vae.js';

export const disentangledBetaVae = system({
  name: 'disentangled-beta-vae',
  title: 'Disentangled β-VAE',
  paper: 'Burgess et al. 2018, arXiv:1804.03599',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + \gamma\,|KL(q(z|x)\,\|\,p(z)) - C(t)|`,
  summary:
    'A β-VAE whose code may hold ever more nats: separate coordinates, and sharper pictures than β alone.',
  takesHoles: true,
  options: vaeOptions.extend({
    gamma: nonNegative().default(1000).describe('weight of the distance between KL and capacity'),
    capacity: nonNegative().default(25).describe('nats that the code may hold at the end of the schedule'),
    capacitySteps: z
      .number()
      .positive()
      .default(100_000)
      .describe('steps over which the capacity grows from 0; below 1, that fraction of the run'),
    perSample: z
      .boolean()
      .default(false)
      .describe('hold every sample’s KL at the capacity instead of the mean over the batch'),
  }),
  training: () => ({ learningRate: 5e-4, batchSize: 64 }),
  require: ({ options, ...given }) => {
    if (options.perSample) return;
    requireBatch(given, 16, 'disentangled-beta-vae compares the batch’s mean KL with the capacity');
  },
  build(data, { gamma, capacity, capacitySteps, perSample, ...options }, scope) {
    const model = vaeModel(gaussianVae(data, options, scope), options, 1);
    return {
      ...model,
      objective(batch: Batch) {
        const { reconstruction, kl } = model.objective(batch);
        const information = toWeighted(kl).value;
        const allowed = ramp(scope, { name: 'capacity', length: capacitySteps }).mul(capacity);
        const distance = (perSample ? information : information.mean()).sub(allowed).abs();
        return { reconstruction, kl: reported(information), capacity: penalty(gamma, distance) };
      },
    };
  },
});
