/** What the two Wasserstein autoencoders share: how codes are made, and what a reconstruction costs. */
import { z } from 'zod';
import type { Scope } from '../nn/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { randomNormal, type Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { matchedAutoencoder, matchedOptions } from './matchedAutoencoder.js';
import { nonNegative } from './options.js';
import type { Model } from './system.js';
import { type WeightedTerm, weighted } from './terms.js';

export const waeOptions = matchedOptions.extend({
  lambda: nonNegative().default(10).describe('weight of the mismatch between codes and prior'),
  costScale: z.number().positive().default(0.05).describe('weight of the cost of reconstructions'),
  inputNoise: nonNegative()
    .default(0.01)
    .describe('deviation of the noise on what the encoder sees in training; targets stay clean'),
});

export type WaeOptions = z.output<typeof waeOptions>;

/** Noise beyond this many deviations is cut off. The paper's code draws again; clipping costs one draw less. */
const FARTHEST = 2;

export function waeParts(
  data: DataDescription,
  { costScale, inputNoise, ...options }: Omit<WaeOptions, 'lambda'>,
  scope: Scope,
) {
  const parts = matchedAutoencoder(data, options, scope);
  const { latent, encode, decode, mean, posterior, cost } = parts;
  const prior = (count: number) => DiagonalNormal.standard([count, latent]);
  const noisy = (x: Tensor) => {
    if (!scope.training || inputNoise === 0) return x;
    return x.add(randomNormal('input noise', x.shape).clip(-FARTHEST, FARTHEST).mul(inputNoise));
  };
  const model: Omit<Model, 'objective'> = {
    codeShape: [latent],
    encode: ({ x }) => encode(x),
    decode: (code) => mean(decode(code)),
    prior,
    ...(posterior ? { posterior: ({ x }) => posterior(x) } : {}),
  };
  return {
    model,
    moves: parts.moves,
    /** A code for each sample. */
    code: (x: Tensor) => parts.draw(noisy(x)),
    /** As many draws from p(z). */
    drawn: (codes: Tensor) => prior(codes.shape[0]).sample({ stream: 'prior' }),
    /** log p(z), nats, [batch]. */
    logPrior: (codes: Tensor) => prior(codes.shape[0]).logProb(codes),
    /** c(x, x̂) of the reconstruction from a code. */
    reconstruction: (x: Tensor, code: Tensor): WeightedTerm =>
      weighted(costScale, cost(decode(code), x).sumOverEvent()),
  };
}
