/** The likelihoods there are: which one suits the data, how many numbers it takes of a decoder, and what they make. */
import { pictureOf, rowOf, type SampleSpec } from '../data/index.js';
import { filled, type Scope } from '../nn/index.js';
import { Bernoulli, DiscretisedLogistic, LogisticMixture } from '../probability/index.js';
import { type DataDescription, KINDS } from './description.js';
import { OptionError } from './errors.js';
import { gaussianLikelihood } from './gaussianLikelihood.js';
import { overObserved } from './holes.js';
import type { Likelihood } from './likelihood.js';
import { type LikelihoodOptions, likelihoodOptions } from './options.js';
import { tableLikelihood } from './tableLikelihood.js';

/** Where a learned log-scale starts: e^−2 is a fifteenth of the range [−1, 1]. */
const INITIAL_LOG_SCALE = -2;
/** Of a mixture of logistics; PixelCNN++ uses as many. */
const COMPONENTS = 10;
const RAREST = 1e-4;

/**
 * p(x|z), of samples with holes p(x_o|z).
 *
 * @throws OptionError if the likelihood does not fit the data, or an option is given that it does not read
 */
export function likelihoodFor(data: DataDescription, options: LikelihoodOptions, scope: Scope): Likelihood {
  const whole = wholeLikelihood(data, options, scope);
  return data.holes ? overObserved(whole) : whole;
}

function wholeLikelihood(data: DataDescription, options: LikelihoodOptions, scope: Scope): Likelihood {
  const { spec, shape } = data;
  const name = chooseLikelihood(spec, options);
  requireSigmaRead(name, options);
  switch (name) {
    case 'bernoulli':
      requireUnitInterval(spec);
      return {
        outputShape: shape,
        distribution: (logits) => new Bernoulli(logits, shape.length),
        outputFor: logit,
      };
    case 'gaussian':
      return gaussianLikelihood(shape, options, scope);
    case 'logistic': {
      requireLevels(spec, name);
      const logScale = scope.variable('logScale', [shape[shape.length - 1]], filled(INITIAL_LOG_SCALE));
      return {
        outputShape: shape,
        distribution: (location) => new DiscretisedLogistic({ location, logScale, eventRank: shape.length }),
      };
    }
    case 'mixture': {
      if (data.frame) return overTime(shape[0], wholeLikelihood(data.frame, options, scope));
      requireLevels(spec, name);
      const channels = shape[2];
      return {
        outputShape: shape.with(2, LogisticMixture.width(COMPONENTS, channels)),
        distribution: (output) => LogisticMixture.of(output, COMPONENTS, channels),
      };
    }
    case 'table':
      if (spec.kind === 'table') return tableLikelihood(spec, scope);
      if (data.frame) return overTime(shape[0], wholeLikelihood(data.frame, options, scope));
      throw new OptionError(
        'likelihood',
        `table is for tables; ${KINDS[spec.kind]} take ${spec.kind === 'points' ? 'gaussian' : 'bernoulli, gaussian or logistic'}`,
      );
  }
}

/** log p / (1 − p), of what is never or always 1 as of one in ten thousand. */
function logit(p: number): number {
  const kept = Math.min(1 - RAREST, Math.max(RAREST, p));
  return Math.log(kept / (1 - kept));
}

/** Frames of a sequence are independent given what the decoder gives for each, [...draws, batch, time, ...output]. */
function overTime(time: number, { outputShape, distribution }: Likelihood): Likelihood {
  return {
    outputShape: [time, ...outputShape],
    distribution: (output) => {
      const frames = distribution(output);
      const ofFrames = frames.marginalNll?.bind(frames);
      return {
        mean: frames.mean,
        nll: (x) => frames.nll(x).sum(-1),
        marginalNll: ofFrames && ((x, observed) => ofFrames(x, observed).sum(-1)),
        sample: (options) => frames.sample(options),
      };
    },
  };
}

export type LikelihoodName = Exclude<LikelihoodOptions['likelihood'], 'auto'>;

/** The likelihood that the options name, or else the one that suits the data. */
export function chooseLikelihood(
  spec: SampleSpec,
  { likelihood, sigma }: Pick<LikelihoodOptions, 'likelihood' | 'sigma'>,
): LikelihoodName {
  if (likelihood !== 'auto') return likelihood;
  if (sigma !== 'auto') return 'gaussian';
  if (rowOf(spec)) return 'table';
  return pictureOf(spec)?.shape[2] === 1 ? 'bernoulli' : 'gaussian';
}

function requireSigmaRead(name: LikelihoodName, { sigma, sigma0 }: LikelihoodOptions): void {
  if (name !== 'gaussian' && sigma !== 'auto') {
    throw new OptionError(
      'sigma',
      `has no effect with the ${name} likelihood; leave it out or use likelihood gaussian`,
    );
  }
  if (sigma !== 'fixed' && sigma0 !== likelihoodOptions.parse({}).sigma0) {
    throw new OptionError('sigma0', `has no effect with sigma ${sigma}; leave it out or use sigma fixed`);
  }
}

function requireUnitInterval(spec: SampleSpec): void {
  if (spec.kind === 'points')
    throw new OptionError('likelihood', 'bernoulli is for values from 0 to 1, not for points; use gaussian');
  const wide = rowOf(spec)?.columns.find(({ type }) => type === 'numeric' || type === 'count');
  if (wide) {
    const problem = `bernoulli is for values from 0 to 1, and column '${wide.name}' is ${wide.type}`;
    throw new OptionError('likelihood', `${problem}; use table or gaussian`);
  }
}

function requireLevels(spec: SampleSpec, name: LikelihoodName): void {
  const picture = pictureOf(spec);
  if (picture?.dtype === 'uint8' && picture.range[0] === 0 && picture.range[1] === 255) return;
  throw new OptionError('likelihood', `${name} is for pictures of 256 levels; use gaussian`);
}
