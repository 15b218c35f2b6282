/**
 * f-VAE: a VAE whose posterior is bent by a flow.
 *
 *   E_u[ −log p(x|z) + log q(z|x) − log p(z) ],   z = F(y),  y ~ N(m(x), e^s(x)),
 *   log q(z|x) = log N(y; m, e^s) − log |det ∂F/∂y|
 *
 * `paper` is the published model of pictures, in `pictureFlow.ts`: F is the same for all x, and the decoder reads y.
 * `general` is a VAE of any architecture whose posterior goes through affine couplings that are told the encoder's
 * features; without steps it is a VAE. Source: Su & Wu 2018 (arXiv:1809.05861). The two last terms are an expectation
 * of a log-ratio at one draw: no closed form, and no divergence of densities in u.
 */
import { z as schema } from 'zod';
import { filled, type Layer, linear, relu, type Scope, sequential } from '../nn/index.js';
import {
  actNorm,
  channelPermutation,
  coupling,
  DiagonalNormal,
  type FlowLayer,
  FlowPosterior,
  flowSequence,
} from '../probability/index.js';
import type { Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { gaussianVae } from './gaussianVae.js';
import type { SampleDistribution } from './likelihood.js';
import { defaultLatent, gaussianVaeOptions, positiveInteger } from './options.js';
import { pictureFlow } from './pictureFlow.js';
import { type CodePrior, system } from './system.js';
import type { Terms } from './terms.js';

const options = gaussianVaeOptions.extend({
  flow: schema
    .enum(['paper', 'general'])
    .default('paper')
    .describe(
      'paper: codes as large as the picture, decoded before the flow; general: any VAE, its posterior bent by couplings',
    ),
  levels: schema
    .number()
    .int()
    .min(2)
    .default(2)
    .describe('levels of the flow of pictures, each of half the size of the one before'),
  flowSteps: schema
    .number()
    .int()
    .nonnegative()
    .default(4)
    .describe('steps of normalisation, permutation and coupling, per level where there are levels'),
  couplingChannels: positiveInteger().default(64).describe('hidden width of the coupling networks'),
  temperature: schema
    .number()
    .positive()
    .default(0.8)
    .describe('deviation of the codes from which new samples are made; 1: those of the prior'),
});

export type FlowVaeOptions = schema.output<typeof options>;

/** What the two kinds of f-VAE have in common. */
export interface FlowParts {
  readonly latent: number;
  posterior(x: Tensor): FlowPosterior;
  /** p(x|z) at a draw of the posterior. */
  reconstruct(draw: { y: Tensor; z: Tensor }): SampleDistribution;
  /** p(x|z) for codes [...draws, batch, latent]. */
  likelihood(z: Tensor): SampleDistribution;
}

/** −log p(x|z) and log q(z|x) − log p(z) at one draw, each [batch], nats; their mean is −ELBO. */
export function flowBound(
  { posterior, reconstruct, latent }: Omit<FlowParts, 'likelihood'>,
  x: Tensor,
): Terms {
  const { y, z, logProb } = posterior(x).draw();
  const prior = DiagonalNormal.standard([x.shape[0], latent]);
  return { reconstruction: reconstruct({ y, z }).nll(x), kl: logProb.add(prior.nll(z)) };
}

/** A VAE whose posterior goes through affine couplings. */
function generalFlow(data: DataDescription, given: FlowVaeOptions, scope: Scope): FlowParts {
  const { levels, flowSteps, couplingChannels } = given;
  if (levels !== options.parse({}).levels)
    throw new OptionError('levels', 'has no effect with flow general; leave it out or use flow paper');
  // One number has no halves.
  const least = flowSteps > 0 ? 2 : 1;
  const latent = given.latent ?? Math.max(least, defaultLatent(data));
  if (latent < least)
    throw new OptionError(
      'latent',
      'a coupling needs two numbers or more to move one by the other; ask for 2',
    );
  const { features, posterior, likelihood } = gaussianVae(data, { ...given, latent }, scope);
  const network = (outputs: number): Layer =>
    sequential(linear(couplingChannels), relu, linear(outputs, { weight: filled(0) }));
  const step = flowSequence(actNorm, channelPermutation, coupling({ kind: 'affine', network }));
  const flow = flowSequence(...new Array<FlowLayer>(flowSteps).fill(step))(scope.child('flow'));
  return {
    latent,
    posterior: (x) => new FlowPosterior({ base: posterior(x), flow, context: features(x) }),
    reconstruct: ({ z }) => likelihood(z),
    likelihood: (z) => likelihood(z),
  };
}

/** N(0, I), whose samples are drawn at a temperature: nearer to the middle than its density says. */
function temperedPrior(shape: readonly number[], temperature: number): CodePrior {
  const prior = DiagonalNormal.standard(shape);
  return {
    mean: prior.mean,
    logProb: (z) => prior.logProb(z),
    takesTemperature: true,
    sample: (draw) => prior.sample({ temperature, ...draw }),
  };
}

export const fVae = system({
  name: 'f-vae',
  title: 'f-VAE',
  paper: 'Su & Wu 2018, arXiv:1809.05861',
  objective: String.raw`-\mathbb{E}_{u}[\log p(x|z)] + \mathbb{E}_{u}[\log q(u) - \log|\det\partial F_x(u)/\partial u| - \log p(z)],\ z = F_x(u)`,
  summary:
    'A VAE whose posterior is bent by an invertible network: sharper pictures from a flow of few steps.',
  takesHoles: true,
  options,
  build(data, given, scope) {
    const parts = (given.flow === 'paper' ? pictureFlow : generalFlow)(data, given, scope);
    const { posterior, likelihood, latent } = parts;
    return {
      codeShape: [latent],
      objective: ({ x }) => flowBound(parts, x),
      encode: ({ x }) => posterior(x).mean,
      decode: (code) => likelihood(code).mean,
      likelihood,
      posterior: ({ x }) => posterior(x),
      prior: (count) => temperedPrior([count, latent], given.temperature),
    };
  },
});
