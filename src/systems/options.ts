/** Options that many systems share. A system's options are a schema: it validates, documents and makes the flags. */
import { z } from 'zod';
import { type ActivationName, activations, type Layer } from '../nn/index.js';
import type { DataDescription } from './description.js';

export const positiveInteger = () => z.number().int().positive();
export const activationName = () => z.enum(Object.keys(activations) as [ActivationName, ...ActivationName[]]);
export const nonNegative = () => z.number().nonnegative();

/** A layer handed over from TypeScript; it has no flag. */
const ownLayer = () =>
  z.custom<Layer>((value) => typeof value === 'function', 'a layer is a function of a scope').optional();

/** What the networks look like. Which of these an architecture reads is declared with it. */
export const networkOptions = z.object({
  latent: positiveInteger().optional().describe('length of a code (default: by the size of a sample)'),
  architecture: z
    .enum(['auto', 'mlp', 'conv', 'resnet'])
    .default('auto')
    .describe('family of encoder and decoder; auto: conv for pictures of 16 pixels and more, else mlp'),
  hidden: z
    .array(positiveInteger())
    .optional()
    .describe('widths of the dense layers, from the data to the code'),
  channels: z
    .array(positiveInteger())
    .optional()
    .describe('channels of the convolutional levels, each of half the size of the one before'),
  blocks: positiveInteger().optional().describe('residual blocks per level'),
  activation: activationName().default('relu').describe('activation after every hidden layer'),
  normalisation: z
    .enum(['none', 'batch', 'layer', 'group'])
    .default('none')
    .describe('normalisation before every activation'),
  dropout: z.number().min(0).lt(1).default(0).describe('probability of dropping a hidden unit in training'),
  encoder: ownLayer().describe(
    'your own layer from samples [batch, …] to features; heads of the code follow',
  ),
  decoder: ownLayer().describe('your own layer from codes [batch, latent] to what the likelihood takes'),
});

export type NetworkOptions = z.output<typeof networkOptions>;

/** How a decoder's output becomes a distribution over samples. */
export const likelihoodOptions = z.object({
  likelihood: z
    .enum(['auto', 'bernoulli', 'gaussian', 'logistic', 'mixture', 'table'])
    .default('auto')
    .describe(
      'p(x|z); auto: bernoulli for grey pictures, gaussian for colour and points, one likelihood per column for tables',
    ),
  sigma: z
    .enum(['auto', 'fixed', 'shared', 'optimal', 'perDim'])
    .default('auto')
    .describe(
      'deviation of the gaussian likelihood: fixed at sigma0, one learned number, the analytic optimum, or predicted for every dimension; auto: optimal',
    ),
  sigma0: z.number().positive().default(1).describe('deviation where sigma is fixed'),
});

export type LikelihoodOptions = z.output<typeof likelihoodOptions>;

/** Options of every system with a Gaussian posterior. */
export const gaussianVaeOptions = networkOptions.extend(likelihoodOptions.shape).extend({
  logVarBound: nonNegative()
    .default(10)
    .describe('posterior log-variances s are softly kept within ± this, as b·tanh(s/b); 0: unbounded'),
});

export type GaussianVaeOptions = z.output<typeof gaussianVaeOptions>;

/** Options of systems whose objective is a VAE's. */
export const vaeOptions = gaussianVaeOptions.extend({
  samples: positiveInteger().default(1).describe('draws of the code per sample and step'),
  kl: z
    .enum(['analytic', 'sampled'])
    .default('analytic')
    .describe('KL term in closed form, or as log q(z|x) − log p(z) of the draw'),
});

export type VaeOptions = z.output<typeof vaeOptions>;

/** A code length that suits most data of this size. */
export function defaultLatent({ shape, spec }: DataDescription): number {
  const size = shape.reduce((product, length) => product * length, 1);
  if (spec.kind === 'table') return Math.max(1, Math.min(8, Math.ceil(size / 2)));
  return Math.max(1, Math.min(size, size <= 1024 ? 20 : size <= 4096 ? 10 : 64));
}
