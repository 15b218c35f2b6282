/**
 * The sparse autoencoder: units of the code that are active for few samples each.
 *
 *   Σ_i ℓ(x_i, x̂_i) + β Σ_j KLb(ρ ‖ ρ̂_j) + λ/2 Σ ‖W‖²,   ρ̂_j the mean of unit j over the batch
 *   KLb(ρ ‖ r) = ρ log(ρ/r) + (1 − ρ) log((1 − ρ)/(1 − r))
 *
 * ρ̂_j is a mean over samples inside the divergence: KLb of every sample's own activation would ask each sample for ρ
 * of every unit. CS294A has ½‖x − x̂‖², so that its β = 3 weighs twice what β = 3 weighs beside our ‖x − x̂‖².
 *
 * Source: Ng, CS294A lecture notes "Sparse autoencoder", 2011.
 */
import { z } from 'zod';
import { filled, type Scope } from '../nn/index.js';
import { type Tensor, withGradientOf } from '../tensor/index.js';
import { type AutoencoderOptions, autoencoder, autoencoderOptions } from './autoencoder.js';
import { OptionError } from './errors.js';
import { filtersOf, isOneLayer, oneLayerByDefault } from './oneLayer.js';
import { activationName, nonNegative, positiveInteger } from './options.js';
import { requireBatch } from './requireBatch.js';
import { type Batch, system } from './system.js';
import { penalty, type Terms } from './terms.js';

/** Of the running mean, what stays at each step. */
const MEMORY = 0.99;
/** ρ̂ is kept within [ε, 1 − ε], where the divergence is finite. */
const EPSILON = 1e-6;
/** From so many samples on, the batch's mean says what the data's is. */
const LEAST_BATCH = 64;

export const sparseAe = system({
  name: 'sparse-ae',
  title: 'Sparse autoencoder',
  paper: 'Ng, CS294A lecture notes, 2011',
  objective: String.raw`\sum_i (x_i - f(g(x))_i)^2 + \beta \sum_j KL(\rho\,\|\,\rho_j)`,
  summary:
    'More units than needed, each of them active for few samples: features that can be looked at one by one.',
  takesHoles: true,
  options: autoencoderOptions.extend({
    latent: positiveInteger().default(200).describe('number of units of the code'),
    codeActivation: activationName().default('sigmoid').describe('activation of the units'),
    rho: z.number().gt(0).lt(1).default(0.05).describe('mean activation asked of every unit'),
    beta: nonNegative()
      .default(3)
      .describe(
        'weight of the sparsity term; beside a squared error with ½, as in CS294A, it would be halved',
      ),
    estimate: z
      .enum(['batch', 'ema'])
      .default('batch')
      .describe('mean activation: of the batch, or a running mean with the gradient of the batch’s'),
    mode: z
      .enum(['kl', 'l1'])
      .default('kl')
      .describe('KL to a mean activation of rho, or the sum of absolute activations'),
    l2: nonNegative().default(0).describe('λ of λ/2 Σ‖W‖² over all weight matrices, biases left out'),
  }),
  require(given) {
    const { mode, beta } = given.options;
    if (mode === 'kl' && beta > 0)
      requireBatch(given, LEAST_BATCH, 'sparse-ae estimates the mean activation of its units from the batch');
  },
  build(data, { rho, beta, estimate, mode, l2, ...given }, scope) {
    const options = oneLayerByDefault(given);
    const { latent, encode, decode, mean, cost } = autoencoder(data, options, scope);
    const rescale = mode === 'kl' ? toUnitInterval(options) : undefined;
    const average = estimate === 'ema' ? runningMean(latent, rho, scope.child('sparsity')) : undefined;
    const sparsity = (code: Tensor): Tensor => {
      if (!rescale) return code.abs().sumOverEvent();
      const ofBatch = rescale(code).mean(0);
      return bernoulliKl(rho, average ? average(ofBatch) : ofBatch).sum();
    };
    return {
      codeShape: [latent],
      objective({ x }: Batch): Terms {
        const code = encode(x);
        const terms = {
          reconstruction: cost(decode(code), x).sumOverEvent(),
          sparsity: penalty(beta, sparsity(code)),
        };
        return l2 === 0 ? terms : { ...terms, weights: penalty(l2, halfSquareOfWeights(scope)) };
      },
      encode: ({ x }) => encode(x),
      decode: (code) => mean(decode(code)),
      filters: isOneLayer(options) ? () => filtersOf(encode, data.shape, scope) : undefined,
    };
  },
});

/** KLb(ρ ‖ r), elementwise, nats; finite for r = 0 and r = 1. */
export function bernoulliKl(rho: number, r: Tensor): Tensor {
  const q = r.clip(EPSILON, 1 - EPSILON);
  const entropy = rho * Math.log(rho) + (1 - rho) * Math.log(1 - rho);
  return q
    .log()
    .mul(-rho)
    .add(
      q
        .neg()
        .log1p()
        .mul(rho - 1),
    )
    .add(entropy);
}

/** Activations as numbers in (0, 1). */
function toUnitInterval({ codeActivation }: AutoencoderOptions): (code: Tensor) => Tensor {
  if (codeActivation === 'sigmoid') return (code) => code;
  if (codeActivation === 'tanh') return (code) => code.add(1).mul(0.5);
  throw new OptionError(
    'mode',
    `kl needs units in (0, 1), and ${codeActivation} gives others; use codeActivation sigmoid or tanh, or mode l1`,
  );
}

/**
 * The mean over past batches with this one in it, which starts at ρ and has the batch's derivative; in evaluation the
 * batch's mean itself.
 */
function runningMean(units: number, rho: number, scope: Scope): (ofBatch: Tensor) => Tensor {
  const average = scope.variable('average', [units], filled(rho), { trainable: false });
  return (ofBatch) => {
    if (!scope.training) return ofBatch;
    const moved = average.mul(MEMORY).add(ofBatch.stopGradient().mul(1 - MEMORY));
    scope.update(average, moved);
    return withGradientOf(moved, ofBatch);
  };
}

/** ½ Σ ‖W‖² over matrices and filters. */
function halfSquareOfWeights(scope: Scope): Tensor {
  const weights = scope.variables.filter(({ trainable, rank }) => trainable && rank > 1);
  const squares = weights.map((weight) => weight.square().sum());
  return squares.reduce((sum, square) => sum.add(square)).mul(0.5);
}
