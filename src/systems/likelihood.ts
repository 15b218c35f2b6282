/**
 * Likelihoods p(x|z): how many numbers a decoder gives for a sample, and which distribution over samples they make.
 *
 * The Gaussian ones, with D numbers per sample and decoder output y (Rybkin et al. 2021, "Simple and effective VAE
 * training with calibrated decoders", arXiv:2006.13202):
 *
 *   fixed     σ = sigma0
 *   shared    σ = e^λ', one learned λ, kept above λmin: λ' = λmin + softplus(λ − λmin)
 *   optimal   σ² = the mean of (x − y)² over the batch and its numbers, which is its optimum given y
 *   perDim    the decoder gives log σ² for every number too
 */
import type { ImageSpec, TableSpec } from '../data/index.js';
import { filled, type Scope } from '../nn/index.js';
import { Bernoulli, DiagonalNormal, DiscretisedLogistic, type Distribution } from '../probability/index.js';
import { constant, type Shape, split, type Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import type { LikelihoodOptions } from './options.js';
import { tableLikelihood } from './tableLikelihood.js';

export interface Likelihood {
  readonly name: string;
  /** What the decoder gives for one sample. */
  readonly outputShape: Shape;
  /** p(x|z) from the decoder's output [...draws, batch, ...outputShape]. */
  distribution(output: Tensor): Distribution;
}

/** A standard deviation below e^−6 of the data's range is rounding, not signal. */
const SMALLEST_LOG_SIGMA = -6;
/** Floor of predicted log-variances, without which they collapse onto constant pixels. */
const SMALLEST_LOG_VAR = -8;
/** Weight of a new batch in the running variance, once the average has found its feet. */
const RUNNING_WEIGHT = 0.01;

export function likelihoodFor(data: DataDescription, options: LikelihoodOptions, scope: Scope): Likelihood {
  const name = resolve(data, options);
  const chosen = makers[name](data, options, scope);
  if (name !== 'gaussian' && options.sigma !== 'auto') {
    throw new OptionError(
      'sigma',
      `has no effect with the ${name} likelihood; leave it out or use likelihood gaussian`,
    );
  }
  return chosen;
}

type Name = Exclude<LikelihoodOptions['likelihood'], 'auto'>;
type Maker = (data: DataDescription, options: LikelihoodOptions, scope: Scope) => Likelihood;

function resolve({ spec }: DataDescription, { likelihood, sigma }: LikelihoodOptions): Name {
  if (likelihood === 'table' && spec.kind !== 'table')
    throw new OptionError('likelihood', 'table is for tables; pictures take bernoulli, gaussian or logistic');
  if (likelihood === 'logistic' && !hasLevels(spec))
    throw new OptionError('likelihood', 'logistic is for pictures of 256 levels; use gaussian');
  if (
    likelihood === 'bernoulli' &&
    spec.kind === 'table' &&
    spec.columns.some(({ type }) => type === 'numeric' || type === 'count')
  ) {
    throw new OptionError(
      'likelihood',
      'bernoulli is for values from 0 to 1, and the table has numeric columns; use table or gaussian',
    );
  }
  if (likelihood !== 'auto') return likelihood;
  if (sigma !== 'auto') return 'gaussian';
  if (spec.kind === 'table') return 'table';
  return spec.shape[2] === 1 ? 'bernoulli' : 'gaussian';
}

const hasLevels = (spec: DataDescription['spec']): spec is ImageSpec =>
  spec.kind === 'image' && spec.dtype === 'uint8';

const makers: Record<Name, Maker> = {
  bernoulli: ({ shape }) => ({
    name: 'bernoulli',
    outputShape: shape,
    distribution: (output) => new Bernoulli(output, shape.length),
  }),
  gaussian: (data, options, scope) =>
    gaussian[options.sigma === 'auto' ? 'optimal' : options.sigma](data, options, scope),
  logistic: ({ shape }, _, scope) => {
    const logScale = scope.variable('logScale', [shape[shape.length - 1]], filled(-2));
    return {
      name: 'logistic',
      outputShape: shape,
      distribution: (location) => new DiscretisedLogistic({ location, logScale, eventRank: shape.length }),
    };
  },
  table: (data, _, scope) => tableLikelihood(data.spec as TableSpec, scope),
};

/** y is the mean and `logVar` a number that all coordinates share. */
function sharedVariance(shape: Shape, mean: Tensor, logVar: Tensor): DiagonalNormal {
  return new DiagonalNormal({ mean, logVar, eventRank: shape.length });
}

const gaussian: Record<Exclude<LikelihoodOptions['sigma'], 'auto'>, Maker> = {
  fixed: ({ shape }, { sigma0 }) => ({
    name: 'gaussian',
    outputShape: shape,
    distribution: (output) => sharedVariance(shape, output, constant(2 * Math.log(sigma0))),
  }),
  shared: ({ shape }, _, scope) => {
    const lambda = scope.variable('logSigma', [], filled(0));
    const bounded = lambda.sub(SMALLEST_LOG_SIGMA).softplus().add(SMALLEST_LOG_SIGMA);
    return {
      name: 'gaussian',
      outputShape: shape,
      distribution: (output) => sharedVariance(shape, output, bounded.mul(2)),
    };
  },
  optimal: ({ shape }, _, scope) => {
    const variance = scope.variable('variance', [], filled(1), { trainable: false });
    const count = scope.variable('batches', [], filled(0), { trainable: false });
    return {
      name: 'gaussian',
      outputShape: shape,
      distribution: (output) => {
        if (!scope.training) return sharedVariance(shape, output, variance.log());
        return new OptimalNormal(output, shape.length, (batch) => {
          // A running mean at first, an exponential average in the end: what evaluation uses instead of a batch's own.
          const weight = count.add(1).pow(-1).max(RUNNING_WEIGHT);
          scope.update(variance, variance.add(batch.sub(variance).mul(weight)));
          scope.update(count, count.add(1));
        });
      },
    };
  },
  perDim: ({ shape }) => {
    const channels = shape[shape.length - 1];
    return {
      name: 'gaussian',
      outputShape: [...shape.slice(0, -1), 2 * channels],
      distribution: (output) => {
        const [mean, raw] = split(output, [channels, channels]);
        const logVar = raw.sub(SMALLEST_LOG_VAR).softplus().add(SMALLEST_LOG_VAR);
        return new DiagonalNormal({ mean, logVar, eventRank: shape.length });
      },
    };
  },
};

/** A normal whose variance is set, behind a stopped gradient, to what explains the batch best. */
class OptimalNormal implements Distribution {
  constructor(
    readonly mean: Tensor,
    readonly eventRank: number,
    readonly onVariance: (batch: Tensor) => void,
  ) {}

  nll(x: Tensor): Tensor {
    const smallest = Math.exp(2 * SMALLEST_LOG_SIGMA);
    const variance = x.sub(this.mean).square().mean().stopGradient().max(smallest);
    this.onVariance(variance);
    return this.#given(variance).nll(x);
  }

  logProb(x: Tensor): Tensor {
    return this.nll(x).neg();
  }

  sample(): Tensor {
    throw new Error(
      'the optimal variance is only known with the data; draw from the model built for evaluation',
    );
  }

  #given(variance: Tensor): DiagonalNormal {
    return new DiagonalNormal({ mean: this.mean, logVar: variance.log(), eventRank: this.eventRank });
  }
}
