/**
 * The k-sparse autoencoder: linear units, of which every sample uses the k largest.
 *
 *   ‖x − (W z′ + b′)‖²,   z = Wᵀ x + b,   z′ = z ⊙ 1[z_j is among the k largest of this sample]
 *
 * The choice is by value, sample by sample, without a rectifier before it; a gradient reaches chosen units only. In
 * training k falls in a line from startK, without which units that are never chosen stay so.
 *
 * Source: Makhzani & Frey, ICLR 2014, arXiv:1312.5663.
 */
import { z } from 'zod';
import { type Tensor, topKMask } from '../tensor/index.js';
import { tiedMlp } from './architectures/tied.js';
import { OptionError } from './errors.js';
import { filtersOf } from './oneLayer.js';
import { networkOptions, positiveInteger } from './options.js';
import { ramp } from './schedules.js';
import { type Batch, system } from './system.js';

export const kSparseAe = system({
  name: 'k-sparse-ae',
  title: 'k-sparse autoencoder',
  paper: 'Makhzani & Frey, ICLR 2014, arXiv:1312.5663',
  objective: String.raw`\|x - W z' - b'\|^2,\; z' = \mathrm{top}_k(W^T x + b)`,
  summary:
    'Exactly k of many linear units describe each sample: sparse features by choice, with no penalty to weigh.',
  options: z.object({
    latent: positiveInteger().default(1000).describe('number of units of the code'),
    k: positiveInteger().default(25).describe('units that a sample uses, of latent'),
    startK: positiveInteger()
      .optional()
      .describe('units that a sample uses when training begins (default: 4k, or latent if that is less)'),
    annealFraction: z
      .number()
      .min(0)
      .lt(1)
      .default(0.5)
      .describe('fraction of the run over which the number of units falls from startK to k'),
    alpha: z
      .number()
      .min(1)
      .default(1)
      .describe(
        'codes are given with alpha·k units; the paper finds a little more than 1 better for features',
      ),
    byMagnitude: z.boolean().default(false).describe('choose by absolute value'),
  }),
  build(data, { latent, k, startK = Math.min(4 * k, latent), annealFraction, alpha, byMagnitude }, scope) {
    requireCounts(latent, k, startK);
    const linear = networkOptions.parse({ architecture: 'mlp', hidden: [] });
    const { encode, decode } = tiedMlp(data.shape, latent, linear, scope.child('tied'));
    const sparse = (z: Tensor, most: number, kept?: Tensor) =>
      z.mul(topKMask(byMagnitude ? z.abs() : z, most, kept));
    /** k(t), int32 scalar. */
    const annealed = () =>
      ramp(scope, { name: 'k', length: annealFraction })
        .mul(k - startK)
        .add(startK + 0.5)
        .floor()
        .cast('int32');
    return {
      codeShape: [latent],
      objective({ x }: Batch) {
        const code = sparse(encode(x), startK, annealed());
        return { reconstruction: x.sub(decode(code)).square().sumOverEvent() };
      },
      encode: ({ x }) => sparse(encode(x), Math.min(latent, Math.round(alpha * k))),
      decode,
      filters: () => filtersOf(encode, data.shape, scope),
    };
  },
});

function requireCounts(latent: number, k: number, startK: number): void {
  if (k > latent) {
    throw new OptionError('k', `chooses among the ${latent} units of latent and cannot be ${k}; lower it`);
  }
  if (startK < k || startK > latent) {
    throw new OptionError(
      'startK',
      `falls to k and lies between ${k} and latent, ${latent}; it cannot be ${startK}`,
    );
  }
}
