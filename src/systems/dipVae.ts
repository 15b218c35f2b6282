/**
 * DIP-VAE: a VAE whose codes are uncorrelated and of unit variance over the data.
 *
 *   mean_b[−log p(x|z) + KL(q(z|x) ‖ p(z))] + λ_od Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)²
 *
 *   type i   C = Cov_b[m], of the posterior's means
 *   type ii  C = Cov_b[m] + mean_b diag(v), of the codes themselves
 *
 * C is the batch's own covariance, 1/B Σ_b m_b m_bᵀ − m̄ m̄ᵀ: its rank is at most B − 1, so a batch must be several times
 * as long as a code.
 *
 * Source: Kumar, Sattigeri & Balakrishnan, ICLR 2018 (arXiv:1711.00848).
 */
import { z } from 'zod';
import type { DiagonalNormal } from '../probability/index.js';
import { covariance, iota, type Tensor } from '../tensor/index.js';
import type { DataDescription } from './description.js';
import { gaussianVae } from './gaussianVae.js';
import { defaultLatent, nonNegative, type VaeOptions, vaeOptions } from './options.js';
import { requireBatch } from './requireBatch.js';
import { type Batch, system } from './system.js';
import { penalty } from './terms.js';
import { vaeModel } from './vae.js';

const types = ['i', 'ii'] as const;

export interface CovarianceDistance {
  /** Σ_{i≠j} C_ij², scalar. */
  readonly offDiagonal: Tensor;
  /** Σ_i (C_ii − 1)², scalar. */
  readonly diagonal: Tensor;
}

/** How far a batch's codes are from covariance I. */
export function distanceFromWhite(q: DiagonalNormal, type: (typeof types)[number]): CovarianceDistance {
  const ofMeans = covariance(q.mean);
  const onDiagonal = iota(ofMeans.shape, 0).equal(iota(ofMeans.shape, 1));
  const variances = onDiagonal.where(ofMeans, 0).sum(1);
  const total = type === 'i' ? variances : variances.add(q.logVar.exp().mean(0));
  return {
    offDiagonal: onDiagonal.where(0, ofMeans).square().sum(),
    diagonal: total.sub(1).square().sum(),
  };
}

export const dipVae = system({
  name: 'dip-vae',
  title: 'DIP-VAE',
  paper: 'Kumar, Sattigeri & Balakrishnan, ICLR 2018, arXiv:1711.00848',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + KL(q(z|x)\,\|\,p(z)) + \lambda_{od}\,\sum_{i\ne{}j} C_{ij}^2 + \lambda_d\,\sum_i (C_{ii} - 1)^2`,
  summary: 'A VAE whose codes are uncorrelated over the data, with reconstructions as sharp as a VAE’s.',
  takesHoles: true,
  options: vaeOptions.extend({
    type: z
      .enum(types)
      .default('ii')
      .describe('covariance of the posterior’s means (i) or of the codes (ii)'),
    lambdaOffDiagonal: nonNegative().default(10).describe('weight of the squared covariances'),
    lambdaDiagonal: nonNegative()
      .optional()
      .describe(
        'weight of the variances’ squared distance from 1 (default: 10 times lambdaOffDiagonal with type i, the same with type ii)',
      ),
  }),
  training: (options, data) => ({ batchSize: Math.max(256, leastBatch(options, data)) }),
  require({ options, ...given }) {
    const latent = codeLength(options, given.data);
    const because = `dip-vae estimates a ${latent} × ${latent} covariance from the batch`;
    requireBatch(given, leastBatch(options, given.data), because);
  },
  build(data, { type, lambdaOffDiagonal, lambdaDiagonal, ...options }, scope) {
    const parts = gaussianVae(data, options, scope);
    const model = vaeModel(parts, options, 1);
    return {
      ...model,
      objective(batch: Batch) {
        const { offDiagonal, diagonal } = distanceFromWhite(parts.posterior(batch.x), type);
        return {
          ...model.objective(batch),
          offDiagonal: penalty(lambdaOffDiagonal, offDiagonal),
          diagonal: penalty(lambdaDiagonal ?? lambdaOffDiagonal * (type === 'i' ? 10 : 1), diagonal),
        };
      },
    };
  },
});

type CodeOptions = Pick<VaeOptions, 'latent'>;

const codeLength = ({ latent }: CodeOptions, data: DataDescription) => latent ?? defaultLatent(data);

/** From fewer samples than that, covariances of d coordinates are mostly noise. */
const leastBatch = (options: CodeOptions, data: DataDescription) => 4 * codeLength(options, data);
