/** The parts that all systems with a Gaussian posterior share: encoder heads, decoder, likelihood, prior, and their options. */
import { linear, type Scope } from '../nn/index.js';
import { DiagonalNormal, type Distribution } from '../probability/index.js';
import { concat, type Shape, type Tensor } from '../tensor/index.js';
import { joinChannels } from './architectures/conv.js';
import { chooseArchitecture, decoderOf, encoderOf } from './architectures/index.js';
import type { DataDescription } from './description.js';
import { type Likelihood, likelihoodFor } from './likelihood.js';
import { defaultLatent, type VaeOptions } from './options.js';

export interface GaussianVae {
  readonly latent: number;
  readonly likelihoodName: string;
  /** q(z|x), or q(z|x, y) given a condition [batch, n]. */
  posterior(x: Tensor, condition?: Tensor): DiagonalNormal;
  /** p(x|z), or p(x|z, y), for codes [...draws, batch, latent]. */
  likelihood(z: Tensor, condition?: Tensor): Distribution;
  /** N(0, I) over [count, latent]. */
  prior(count: number): DiagonalNormal;
}

export function gaussianVae(data: DataDescription, options: VaeOptions, scope: Scope): GaussianVae {
  const latent = options.latent ?? defaultLatent(data);
  const likelihood = likelihoodFor(data, options, scope.child('likelihood'));
  const trunk = encoderOf(data.shape, options)(scope.child('encoder'));
  const meanHead = linear(latent)(scope.child('mean'));
  const logVarHead = linear(latent)(scope.child('logVar'));
  const decoder = decoderOf(likelihood.outputShape, options)(scope.child('decoder'));
  const join = (x: Tensor, condition?: Tensor) => {
    if (!condition) return x;
    if (!options.encoder) return chooseArchitecture(data.shape, options).join(x, condition);
    return x.rank === 4 ? joinChannels(x, condition) : concat([x, condition]);
  };
  return {
    latent,
    likelihoodName: likelihood.name,
    posterior: (x, condition) => {
      const features = trunk(join(x, condition)).flatten();
      return new DiagonalNormal({
        mean: meanHead(features),
        logVar: bounded(logVarHead(features), options.logVarBound),
      });
    },
    likelihood: (z, condition) => decode(decoder, likelihood, z, condition),
    prior: (count) => DiagonalNormal.standard([count, latent]),
  };
}

/** b·tanh(s/b): s itself near 0, never beyond ±b. */
function bounded(logVar: Tensor, bound: number): Tensor {
  return bound === 0
    ? logVar
    : logVar
        .mul(1 / bound)
        .tanh()
        .mul(bound);
}

/** Runs the decoder over all draws of all samples at once. */
function decode(
  decoder: (z: Tensor) => Tensor,
  likelihood: Likelihood,
  z: Tensor,
  condition?: Tensor,
): Distribution {
  const lead = z.shape.slice(0, -1);
  const flat = (t: Tensor, width: number) => t.reshape([-1, width]);
  const codes = flat(z, z.shape[z.rank - 1]);
  const input = condition
    ? concat([codes, flat(condition.broadcastTo([...lead, condition.shape[1]]), condition.shape[1])])
    : codes;
  const output: Shape = [...lead, ...likelihood.outputShape];
  return likelihood.distribution(decoder(input).reshape(output));
}
