/**
 * The autoencoder of point clouds: a code that does not depend on the order of the points, and a reconstruction whose points are
 * compared with the cloud's without one,
 *
 *   chamfer    Σ_i min_j ‖x_i − x̂_j‖² + Σ_j min_i ‖x_i − x̂_j‖²
 *   emd        min_φ Σ_i ‖x_i − x̂_φ(i)‖, φ one to one
 *   sinkhorn   n S_ε(x, x̂)
 *
 * or, with reduction mean, each sum divided by its number of points. With a Gaussian posterior the code is a draw from it, and
 * β KL(q(z|x) ‖ p(z)) is added.
 *
 * Source: Achlioptas et al., ICML 2018 (arXiv:1707.02392), with the networks of its code: 64-128-128-256-128 for each point, each
 * with batch normalisation and ReLU, the last one too, so that codes are not negative; then 256-256. The paper writes sums; its
 * code takes the mean for the Chamfer distance and the sum for the earth mover's.
 */
import { z } from 'zod';
import { batchNorm, linear, relu } from '../nn/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { cloudDecoder, cloudEncoder, cloudLoss, cloudLosses, requireClouds } from './cloudNetworks.js';
import { OptionError } from './errors.js';
import { normalHead } from './gaussianVae.js';
import { nonNegative, positiveInteger } from './options.js';
import { type Batch, system } from './system.js';
import { klTerm } from './terms.js';

/** Posterior log-variances are softly kept within ± this. */
const LOG_VAR_BOUND = 10;
const DEFAULT_BETA = 0.01;

export const pointcloudAe = system({
  name: 'pointcloud-ae',
  title: 'Point-cloud autoencoder',
  paper: 'Achlioptas, Diamanti, Mitliagkas & Guibas, ICML 2018, arXiv:1707.02392',
  objective: String.raw`\sum_i \min_j \|x_i - \hat{x}_j\|^2 + \sum_j \min_i \|x_i - \hat{x}_j\|^2, \quad \hat{x} = f(g(x))`,
  summary: 'Codes of clouds of points that do not depend on the order of the points.',
  options: z.object({
    latent: positiveInteger().default(128).describe('length of a code'),
    features: z
      .array(positiveInteger())
      .default([64, 128, 128, 256])
      .describe('widths of the layers that every point goes through, before the one as wide as the code'),
    hidden: z.array(positiveInteger()).default([256, 256]).describe('widths of the decoder’s layers'),
    normalisation: z
      .enum(['batch', 'none'])
      .default('batch')
      .describe('normalisation before every activation of the encoder, over all points of a batch'),
    loss: z
      .enum(cloudLosses)
      .default('chamfer')
      .describe(
        'what a reconstruction costs; emd matches points one to one, which the native engine can and ONNX cannot',
      ),
    reduction: z
      .enum(['sum', 'mean'])
      .default('sum')
      .describe('costs of a cloud’s points added up, as the paper writes them, or averaged'),
    tolerance: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe(
        'emd: how far a matching may be from the best, as a part of the mean distance (default: 0.001)',
      ),
    regulariser: z.number().positive().optional().describe('sinkhorn: ε, a length (default: 0.02)'),
    iterations: positiveInteger().optional().describe('sinkhorn: updates of the potentials (default: 30)'),
    posterior: z
      .enum(['none', 'gaussian'])
      .default('none')
      .describe('what an encoding is: a point, or a normal distribution with a KL term'),
    beta: nonNegative()
      .optional()
      .describe(`weight of the KL term of a Gaussian posterior (default: ${DEFAULT_BETA})`),
  }),
  training: () => ({ batchSize: 50, learningRate: 5e-4 }),
  build(data, options, scope) {
    requireClouds('pointcloud-ae', data);
    const { latent, features, hidden, normalisation, posterior: kind, beta, ...loss } = options;
    const cost = cloudLoss(loss);
    const isNormalised = normalisation === 'batch';
    const encoder = cloudEncoder([...features, latent], isNormalised ? [batchNorm(), relu] : [relu], {
      bias: !isNormalised,
    })(scope.child('encoder'));
    const decode = cloudDecoder(data.shape, hidden)(scope.child('decoder'));
    if (kind === 'none') {
      if (beta !== undefined)
        throw new OptionError('beta', 'has no effect with posterior none; leave it out');
      return {
        codeShape: [latent],
        objective: ({ x }) => ({ reconstruction: cost(x, decode(encoder(x))) }),
        encode: ({ x }) => encoder(x),
        decode,
      };
    }
    const head = normalHead(
      linear(latent)(scope.child('mean')),
      linear(latent)(scope.child('logVar')),
      LOG_VAR_BOUND,
    );
    const posterior = ({ x }: Batch) => head(encoder(x));
    const prior = (count: number) => DiagonalNormal.standard([count, latent]);
    return {
      codeShape: [latent],
      objective(batch) {
        const q = posterior(batch);
        return {
          reconstruction: cost(batch.x, decode(q.rsample())),
          kl: klTerm(beta ?? DEFAULT_BETA, q, prior(batch.x.shape[0])),
        };
      },
      encode: (batch) => posterior(batch).mean,
      decode,
      posterior,
      prior,
    };
  },
});
