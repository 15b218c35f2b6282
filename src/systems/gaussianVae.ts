/** The parts that all systems with a Gaussian posterior share: encoder heads, decoder, likelihood, prior. */
import { type Layer, linear, type Network, type Scope } from '../nn/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { concat, type Tensor } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import type { DataDescription } from './description.js';
import type { Likelihood, SampleDistribution } from './likelihood.js';
import { likelihoodFor } from './likelihoods.js';
import { defaultLatent, type GaussianVaeOptions } from './options.js';
import { type Moves, only } from './phases.js';

export interface GaussianVae {
  readonly latent: number;
  /** What the encoder sees in samples, [batch, features]: the posterior is made of it. */
  features(x: Tensor): Tensor;
  /** q(z|x), or q(z|x, y) given a condition [batch, n]. */
  posterior(x: Tensor, condition?: Tensor): DiagonalNormal;
  /** p(x|z), or p(x|z, y), for codes [...draws, batch, latent]. */
  likelihood(z: Tensor, condition?: Tensor): SampleDistribution;
  /** N(0, I) over [count, latent]. */
  prior(count: number): DiagonalNormal;
  /** Its two halves, for phases that move one of them. */
  readonly moves: { readonly encoder: Moves; readonly decoder: Moves };
}

/** Heads of the posterior other than a linear layer. */
export interface Heads {
  /** From features [batch, n] to the mean of a code of the given length. */
  readonly mean?: (latent: number) => Layer;
}

export function gaussianVae(
  data: DataDescription,
  options: GaussianVaeOptions,
  scope: Scope,
  { mean: meanLayer = linear }: Heads = {},
): GaussianVae {
  const latent = options.latent ?? defaultLatent(data);
  const likelihood = likelihoodFor(data, options, scope.child('likelihood'));
  const networks = networksFor(data, likelihood.outputShape, options);
  const trunk = networks.encoder(scope.child('encoder'));
  const head = normalHead(
    meanLayer(latent)(scope.child('mean')),
    linear(latent)(scope.child('logVar')),
    options.logVarBound,
  );
  const features = (x: Tensor) => trunk(x).flatten();
  const decoder = networks.decoder(scope.child('decoder'));
  return {
    latent,
    features,
    posterior: (x, condition) => head(features(condition ? networks.join(x, condition) : x)),
    likelihood: (z, condition) => decodeDraws(decoder, likelihood, z, condition),
    prior: (count) => DiagonalNormal.standard([count, latent]),
    moves: {
      encoder: only(scope.child('encoder'), scope.child('mean'), scope.child('logVar')),
      decoder: only(scope.child('decoder'), scope.child('likelihood')),
    },
  };
}

/** Features → N(m, e^s), with m and s each from a layer of its own, and s softly between ±bound. */
export function normalHead(
  mean: Network,
  logVar: Network,
  bound: number,
): (features: Tensor) => DiagonalNormal {
  return (features) =>
    new DiagonalNormal({ mean: mean(features), logVar: softlyBounded(logVar(features), bound) });
}

/** b·tanh(s/b): s itself near 0, never beyond ±b. Without a bound, e^s overflows in float32 above about 88. */
function softlyBounded(logVar: Tensor, bound: number): Tensor {
  if (bound === 0) return logVar;
  return logVar
    .mul(1 / bound)
    .tanh()
    .mul(bound);
}

/** p(x|z) for codes [...draws, batch, code]: runs the decoder over all draws of all samples at once. */
export function decodeDraws(
  decoder: Network,
  likelihood: Likelihood,
  z: Tensor,
  condition?: Tensor,
): SampleDistribution {
  const lead = z.shape.slice(0, -1);
  const rows = (t: Tensor) => {
    const width = t.shape[t.rank - 1];
    return t.broadcastTo([...lead, width]).reshape([-1, width]);
  };
  const output = decoder(condition ? concat([rows(z), rows(condition)]) : rows(z));
  return likelihood.distribution(output.reshape([...lead, ...likelihood.outputShape]));
}
