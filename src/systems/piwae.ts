/**
 * The partially importance-weighted autoencoder: the decoder has the tightest bound of all M K draws, the encoder the
 * mean of M looser ones, whose gradient is less noisy for it. Both from one forward pass and the same draws.
 *
 *   decoder  −log 1/(M K) Σ_mk w_mk
 *   encoder  −1/M Σ_m log 1/K Σ_k w_mk
 *
 * Source: Rainforth et al., ICML 2018 (arXiv:1802.04537).
 */
import { logMeanExp } from '../tensor/index.js';
import { groupOptions, importanceWeighted } from './importanceWeighted.js';
import { together } from './phases.js';
import { type Batch, system } from './system.js';
import { bound } from './terms.js';

export const piwae = system({
  name: 'piwae',
  title: 'PIWAE',
  paper: 'Rainforth et al., ICML 2018, arXiv:1802.04537',
  objective: String.raw`\theta: -\mathbb{E}[\log \frac{1}{MK} \sum_{mk} w_{mk}], \phi: -\mathbb{E}[\frac{1}{M} \sum_m \log \frac{1}{K} \sum_k w_{mk}]`,
  summary: 'IWAE for the decoder and MIWAE for the encoder: a tight bound and a clear encoder gradient.',
  takesHoles: true,
  options: groupOptions,
  build(data, { m, k, ...options }, scope) {
    const { model, weigh, parts } = importanceWeighted(data, options, scope);
    const generation = ({ x }: Batch) => {
      const { logWeights } = weigh(x, [m, k]);
      return { bound: bound(logMeanExp(logWeights.reshape([m * k, x.shape[0]]), 0).neg()) };
    };
    const inference = ({ x }: Batch) => ({
      bound: bound(weigh(x, [m, k]).logMeanWeight(1).neg().mean(0)),
    });
    return {
      ...model,
      objective: generation,
      stages: [
        together(
          { name: 'generation', moves: parts.moves.decoder, objective: generation },
          { name: 'inference', moves: parts.moves.encoder, objective: inference },
        ),
      ],
    };
  },
});
