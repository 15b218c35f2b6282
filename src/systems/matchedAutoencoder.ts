/**
 * The autoencoder of systems that match the codes of all samples together, q(z) = E_x q(z|x), with a prior. A code is
 *
 *   deterministic  g(x)
 *   gaussian       a draw from N(m(x), e^s(x))
 *   universal      g(x, ε) with ε ~ N(0, I) joined to the encoder's input: any distribution at all
 *
 * Source: Makhzani et al. 2015, §2 (arXiv:1511.05644).
 */
import { z } from 'zod';
import { linear, type Scope } from '../nn/index.js';
import { type CodePriorName, type DiagonalNormal, lengthOf } from '../probability/index.js';
import { randomNormal, type Tensor, zeros } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import { type Autoencoder, autoencoder, autoencoderOptions } from './autoencoder.js';
import type { DataDescription } from './description.js';
import { OptionError } from './errors.js';
import { normalHead } from './gaussianVae.js';
import { only } from './phases.js';

export const matchedOptions = autoencoderOptions.extend({
  posterior: z
    .enum(['deterministic', 'gaussian', 'universal'])
    .default('deterministic')
    .describe(
      'q(z|x): one code per sample; a draw from a normal distribution; or a function of the sample and of noise',
    ),
});

export type MatchedOptions = z.output<typeof matchedOptions>;

export interface MatchedAutoencoder extends Autoencoder {
  /** A code for each sample, through which gradients flow, [batch, latent]; `encode` is its middle. */
  draw(x: Tensor): Tensor;
  /** q(z|x), where it is normal. */
  posterior?(x: Tensor): DiagonalNormal;
}

/** As where Gaussian posteriors of a VAE stop by default. */
const LOG_VAR_BOUND = 10;

/** @throws OptionError as `autoencoder`, and if layers are tied or codes activated where codes are drawn */
export function matchedAutoencoder(
  data: DataDescription,
  { posterior: kind, ...options }: MatchedOptions,
  scope: Scope,
): MatchedAutoencoder {
  const parts = autoencoder(data, options, scope);
  if (kind === 'deterministic') return { ...parts, draw: parts.encode };
  if (options.tied || options.codeActivation !== 'identity') {
    const name = options.tied ? 'tied' : 'codeActivation';
    throw new OptionError(name, `has no effect where posterior is ${kind}; leave it out`);
  }
  const { latent } = parts;
  const { encoder, join } = networksFor(data, data.shape, options);
  const trunk = encoder(scope.child('encoder'));
  const features = (x: Tensor) => trunk(x).flatten();
  const heads = { code: scope.child('code'), mean: scope.child('mean'), logVar: scope.child('logVar') };
  const moves = { ...parts.moves, encoder: only(scope.child('encoder'), ...Object.values(heads)) };
  if (kind === 'universal') {
    const code = linear(latent)(heads.code);
    const draw = (x: Tensor, noise: Tensor) => code(features(join(x, noise)));
    const noNoise = (x: Tensor) => zeros([x.shape[0], latent]);
    return {
      ...parts,
      moves,
      features: (x) => features(join(x, noNoise(x))),
      encode: (x) => draw(x, noNoise(x)),
      draw: (x) => draw(x, randomNormal('posterior', [x.shape[0], latent])),
    };
  }
  const head = normalHead(linear(latent)(heads.mean), linear(latent)(heads.logVar), LOG_VAR_BOUND);
  const posterior = (x: Tensor) => head(features(x));
  return {
    ...parts,
    moves,
    features,
    posterior,
    encode: (x) => posterior(x).mean,
    draw: (x) => posterior(x).rsample(),
  };
}

/**
 * The length of codes that a prior in the plane asks for, else what was asked for.
 *
 * @throws OptionError if that is another one
 */
export function latentFor(prior: CodePriorName, latent: number | undefined): number | undefined {
  const length = lengthOf(prior);
  if (length === undefined || latent === undefined || latent === length) return length ?? latent;
  throw new OptionError(
    'prior',
    `${prior} is a shape of codes of length ${length}, but latent is ${latent}; leave latent out or use normal`,
  );
}
