/**
 * Gaussian likelihoods, with D numbers per sample and decoder output y (Rybkin et al. 2021, "Simple and effective VAE
 * training with calibrated decoders", arXiv:2006.13202):
 *
 *   fixed     σ = sigma0
 *   shared    σ = e^λ', one learned λ, kept above λmin: λ' = λmin + softplus(λ − λmin)
 *   optimal   σ² = the mean of (x − y)² over the batch and its numbers, as far as they are there: its optimum given y
 *   perDim    the decoder gives log σ² for every number too
 */
import { filled, type Scope } from '../nn/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { constant, type Shape, split, type Tensor } from '../tensor/index.js';
import type { Likelihood, SampleDistribution } from './likelihood.js';
import type { LikelihoodOptions } from './options.js';

/** A standard deviation below e^−6 of the data's range is rounding, not signal. */
const SMALLEST_LOG_SIGMA = -6;
/** Floor of predicted log-variances, without which they collapse onto constant pixels. */
const SMALLEST_LOG_VAR = -8;
/** Weight of a new batch in the running variance, once the average has found its feet. */
const RUNNING_WEIGHT = 0.01;

export function gaussianLikelihood(
  shape: Shape,
  { sigma, sigma0 }: LikelihoodOptions,
  scope: Scope,
): Likelihood {
  switch (sigma) {
    case 'fixed':
      return sharedVariance(shape, constant(2 * Math.log(sigma0)));
    case 'shared':
      return sharedVariance(shape, learnedLogVar(scope));
    case 'perDim':
      return predictedVariance(shape);
    case 'auto':
    case 'optimal':
      return optimalVariance(shape, scope);
  }
}

/** log σ² of a learned λ = log σ that stays above its floor. */
export function learnedLogVar(scope: Scope): Tensor {
  return softlyAbove(scope.variable('logSigma', [], filled(0)), SMALLEST_LOG_SIGMA).mul(2);
}

/** floor + softplus(x − floor): x itself well above the floor, never below it. */
function softlyAbove(x: Tensor, floor: number): Tensor {
  return x.sub(floor).softplus().add(floor);
}

/** y is the mean, and `logVar` a number that all coordinates share. */
function sharedVariance(shape: Shape, logVar: Tensor): Likelihood {
  const eventRank = shape.length;
  return {
    outputShape: shape,
    distribution: (mean) => new DiagonalNormal({ mean, logVar, eventRank }),
    outputFor: (mean) => mean,
  };
}

function predictedVariance(shape: Shape): Likelihood {
  const channels = shape[shape.length - 1];
  return {
    outputShape: [...shape.slice(0, -1), 2 * channels],
    distribution: (output) => {
      const [mean, logVar] = split(output, [channels, channels]);
      return new DiagonalNormal({
        mean,
        logVar: softlyAbove(logVar, SMALLEST_LOG_VAR),
        eventRank: shape.length,
      });
    },
  };
}

/** Training takes each batch's own optimum, behind a stopped gradient, and evaluation the running mean of those. */
function optimalVariance(shape: Shape, scope: Scope): Likelihood {
  const running = scope.variable('variance', [], filled(1), { trainable: false });
  const batches = scope.variable('batches', [], filled(0), { trainable: false });
  const usual = sharedVariance(shape, running.log());
  if (!scope.training) return usual;
  const ownOptimum = (mean: Tensor, meanSquare: Tensor) => {
    const variance = meanSquare.stopGradient().max(Math.exp(2 * SMALLEST_LOG_SIGMA));
    // A plain mean at first and an exponential average in the end.
    const weight = batches.add(1).pow(-1).max(RUNNING_WEIGHT);
    scope.update(running, running.add(variance.sub(running).mul(weight)));
    scope.update(batches, batches.add(1));
    return new DiagonalNormal({ mean, logVar: variance.log(), eventRank: shape.length });
  };
  const distribution = (mean: Tensor): SampleDistribution => ({
    mean,
    nll: (x) => ownOptimum(mean, x.sub(mean).square().mean()).nll(x),
    marginalNll: (x, observed) => {
      const squares = x.sub(mean).square().mul(observed);
      const count = observed.broadcastTo(squares.shape).sum().max(1);
      return ownOptimum(mean, squares.sum().div(count)).marginalNll(x, observed);
    },
    sample: (options) => usual.distribution(mean).sample(options),
  });
  return { outputShape: shape, distribution, outputFor: (mean) => mean };
}
