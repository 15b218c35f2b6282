/**
 * NVAE: a deep hierarchy of maps of codes for pictures, kept stable by what it is made of (residual normal posteriors,
 * cells that add a tenth) and by penalties on its weights.
 *
 * s_k are the largest singular values of all convolutions, γ_n the gains of all batch normalisations.
 *
 * The KL is warmed up, and while it is, groups are balanced; from then on, and in evaluation, the bound counts as it is.
 * Departures: the warm-up begins at the first step, where the paper waits for a ten-thousandth of the run; weight decay,
 * flows in the encoder and training in half precision are left out.
 */
import { z } from 'zod';
import { kl } from '../probability/index.js';
import { type Shape, split, type Tensor } from '../tensor/index.js';
import { type DataDescription, KINDS } from './description.js';
import { OptionError } from './errors.js';
import { balanceScales, klBalance } from './klBalance.js';
import { likelihoodFor } from './likelihoods.js';
import { nvaeNetworks } from './nvaeNetworks.js';
import { type LikelihoodOptions, likelihoodOptions, nonNegative, positiveInteger } from './options.js';
import { requireBatch } from './requireBatch.js';
import { ramp } from './schedules.js';
import { system } from './system.js';
import { penalty, type Terms, weighted } from './terms.js';
import { largestGains, sumOfSpectralNorms } from './weightPenalties.js';

/** The KL counts for this much from the first step. */
const FIRST_WEIGHT = 1e-4;
/** From so many samples a batch's mean KL says something about a group. */
const LEAST_BATCH = 16;

const nvaeOptions = likelihoodOptions.extend({
  likelihood: z
    .enum(['auto', 'bernoulli', 'gaussian', 'logistic', 'mixture'])
    .default('auto')
    .describe(
      'p(x|z); auto: bernoulli for grey pictures, for colours a mixture of ten logistics with coupled channels',
    ),
  scales: positiveInteger().default(2).describe('resolutions of the code, each of half the size of the next'),
  groups: z
    .array(positiveInteger())
    .default([2, 2])
    .describe('groups of the code at every scale, from the top'),
  channels: z
    .number()
    .int()
    .min(4)
    .default(16)
    .describe('channels at the full size of the picture; every halving doubles them'),
  latentChannels: positiveInteger().default(8).describe('channels of every group of the code'),
  cellsPerGroup: positiveInteger().default(1).describe('cells for every group, on the way up and down'),
  halvings: z
    .number()
    .int()
    .nonnegative()
    .default(2)
    .describe('halvings of the picture before the largest scale of the code'),
  cellsPerHalving: positiveInteger().default(1).describe('cells for each of these halvings, itself included'),
  lambda: nonNegative().default(0.01).describe('weight of the penalties on spectral norms and gains'),
  warmupFraction: z
    .number()
    .min(0)
    .lt(1)
    .default(0.3)
    .describe('fraction of the run over which the weight of the KL terms rises from 0.0001'),
  balance: z
    .boolean()
    .default(true)
    .describe('whether groups that carry much pay more for it during the warm-up'),
  referenceQuirks: z
    .boolean()
    .default(false)
    .describe('deviation 1.01 of the top group’s prior, as in the authors’ implementation'),
});

type NvaeOptions = z.output<typeof nvaeOptions>;

export const nvae = system({
  name: 'nvae',
  title: 'NVAE',
  paper: 'Vahdat & Kautz, NeurIPS 2020, arXiv:2007.03898',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + \sum_l \mathbb{E}_{q(z_{<l}|x)}[KL(q(z_l|x,z_{<l})\,\|\,p(z_l|z_{<l}))] + \lambda (\sum_k s_k + \sum_n \max|\gamma_n|)`,
  summary:
    'A deep convolutional hierarchy of codes for pictures: the sharpest samples of a VAE, slow to train.',
  options: nvaeOptions,
  training: () => ({
    optimizer: 'adamax',
    learningRate: 0.01,
    epsilon: 1e-3,
    schedule: 'cosine',
    warmup: 0.0125,
    batchSize: 64,
  }),
  require: ({ options, data, run }) => {
    if (options.balance)
      requireBatch({ data, run }, LEAST_BATCH, 'nvae balances its groups by their mean KL over the batch');
  },
  build: (data, options, scope) => {
    requireFit(data, options);
    const { lambda, warmupFraction, balance, groups } = options;
    const likelihood = likelihoodFor(data, fitting(data, options), scope.child('likelihood'));
    const networks = nvaeNetworks(data.shape, likelihood.outputShape, options, scope);
    const { sizes, posterior, prior, output } = networks;
    const explain = (codes: readonly Tensor[], lead: Shape) =>
      likelihood.distribution(output(codes).reshape([...lead, ...likelihood.outputShape]));
    const likelihoodAt = (code: Tensor) => {
      const lead = code.shape.slice(0, -1);
      const length = code.shape[code.rank - 1];
      return explain(split(code.reshape([-1, length]), sizes), lead);
    };
    let made: Terms | undefined;
    // Of all layers, which have their variables once the terms above are made; a build has one of each.
    const penalties = (): Terms => {
      made ??= {
        spectralNorms: penalty(lambda, sumOfSpectralNorms(scope)),
        normGains: penalty(lambda, largestGains(scope)),
      };
      return made;
    };
    return {
      codeShape: [sizes.reduce((sum, size) => sum + size, 0)],
      recalibrates: true,
      objective({ x }) {
        const batch = x.shape[0];
        const { codes, conditionals: q } = posterior(x).draw();
        const p = prior(batch).conditionals(codes);
        const kls = q.map((normal, group) => kl(normal, p[group]));
        const beta = ramp(scope, { name: 'weight of the KL', length: warmupFraction }).max(FIRST_WEIGHT);
        const gamma = klBalance(kls, balanceScales(groups));
        const weightOf = (group: number) =>
          balance ? beta.mul(beta.less(1).where(gamma.sliceAlong(0, group, group + 1).sum(), 1)) : beta;
        const terms = kls.map((nats, group) => {
          const extras = { ramp: weightOf(group), coordinates: nats.expandDims(-1) };
          return [`kl${group + 1}`, weighted(1, nats, extras)] as const;
        });
        return {
          reconstruction: explain(codes, [batch]).nll(x),
          ...Object.fromEntries(terms),
          ...penalties(),
        };
      },
      encode: ({ x }) => posterior(x).mean,
      decode: (code) => likelihoodAt(code).mean,
      likelihood: (code) => likelihoodAt(code),
      posterior: ({ x }) => posterior(x),
      prior,
    };
  },
});

function requireFit({ spec }: DataDescription, { scales, groups }: NvaeOptions): void {
  if (spec.kind !== 'image')
    throw new OptionError(
      'system',
      `nvae takes pictures, but the data are ${KINDS[spec.kind]}; use hierarchical-vae`,
    );
  if (groups.length !== scales) {
    const counts = `${groups.length} numbers of groups for ${scales} scales`;
    throw new OptionError('groups', `gives ${counts}; give as many numbers as scales, from the top`);
  }
}

/** Mixtures of logistics for colours, as in the paper, where nothing else is asked for. */
function fitting({ spec }: DataDescription, options: LikelihoodOptions): LikelihoodOptions {
  if (options.likelihood !== 'auto' || options.sigma !== 'auto' || spec.kind !== 'image') return options;
  const hasLevels = spec.dtype === 'uint8' && spec.range[0] === 0 && spec.range[1] === 255;
  return hasLevels && spec.shape[2] > 1 ? { ...options, likelihood: 'mixture' } : options;
}
