/**
 * A VAE whose code comes in groups, each drawn given those above it: a few numbers for what a sample is as a whole, more
 * for its details. `inference` says how the groups are found in a sample; see gaussianLadder.ts.
 *
 * Every group's KL is a term of its own: that a group has collapsed is not to be seen in the sum. A run's `freeBits` count
 * by group.
 */
import { z } from 'zod';
import { kl, sampledKl } from '../probability/index.js';
import { gaussianLadder } from './gaussianLadder.js';
import { gaussianVaeOptions, positiveInteger } from './options.js';
import { ramp } from './schedules.js';
import { system } from './system.js';
import { weighted } from './terms.js';

/** Steps of warm-up where nothing is said; of a short run no more than this fraction. */
const WARMUP = { steps: 10_000, fraction: 0.3 };

export const hierarchicalVae = system({
  name: 'hierarchical-vae',
  title: 'Hierarchical VAE',
  paper:
    'Ladder: Sønderby et al., NeurIPS 2016, arXiv:1602.02282; top-down: Kingma et al., NeurIPS 2016, arXiv:1606.04934',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + \sum_l \mathbb{E}_{q(z_{<l}|x)}[KL(q(z_l|x,z_{<l})\,\|\,p(z_l|z_{<l}))]`,
  summary: 'A VAE whose code comes in groups, each drawn given those above: the whole first, then details.',
  takesHoles: true,
  options: gaussianVaeOptions.omit({ latent: true }).extend({
    latents: z
      .array(positiveInteger())
      .min(1, 'a hierarchy has at least one group')
      .default([8, 16, 32])
      .describe('lengths of the groups of the code, from the top'),
    inference: z
      .enum(['topDown', 'bottomUp', 'ladder'])
      .default('topDown')
      .describe(
        'how groups are inferred: from the sample and all groups above; from the group below, last group first; or the estimate from the sample merged with the prior by precision',
      ),
    groupHidden: z
      .array(positiveInteger())
      .default([128])
      .describe('widths of the dense layers from one group to the next'),
    warmupSteps: z
      .number()
      .nonnegative()
      .optional()
      .describe(
        'steps (or fraction of the run) over which the weight of the KL terms rises from 0 (default: 10000, of a short run 0.3); 0: none',
      ),
  }),
  build: (data, { warmupSteps, ...options }, scope) => {
    const { posterior, prior, likelihood, likelihoodOf } = gaussianLadder(data, options, scope);
    const { totalSteps = 1 } = scope.clock ?? {};
    const length = warmupSteps ?? Math.min(WARMUP.steps, Math.round(WARMUP.fraction * totalSteps));
    const isSampled = options.inference === 'bottomUp';
    return {
      codeShape: [options.latents.reduce((sum, size) => sum + size, 0)],
      objective({ x }) {
        const { codes, conditionals: q } = posterior(x).draw();
        const p = prior(x.shape[0]).conditionals(codes);
        const warmth = ramp(scope, { name: 'weight of the KL', length });
        const kls = codes.map((code, group) => {
          const nats = isSampled ? sampledKl(q[group], p[group], code) : kl(q[group], p[group]);
          const term = weighted(1, nats, { ramp: warmth, coordinates: nats.expandDims(-1) });
          return [`kl${group + 1}`, term] as const;
        });
        return { reconstruction: likelihoodOf(codes).nll(x), ...Object.fromEntries(kls) };
      },
      encode: ({ x }) => posterior(x).mean,
      decode: (code) => likelihood(code).mean,
      likelihood: (code) => likelihood(code),
      posterior: ({ x }) => posterior(x),
      prior,
    };
  },
});
