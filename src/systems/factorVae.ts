/**
 * FactorVAE: a VAE that also pays for the total correlation of its codes, as told by a discriminator D.
 *
 *   vae            E_q[−log p(x|z)] + KL(q(z|x) ‖ p(z)) + γ E_q[D_0(z) − D_1(z)]
 *   discriminator  ½ CE(D(z), joint) + ½ CE(D(z̃), permuted)
 *
 * z̃ are codes of a second batch, every coordinate permuted over it by itself: draws from Π_l q(z_l). The difference of
 * the two logits is then log q(z) − Σ_l log q(z_l); what it gives in training is an estimate and may be negative.
 *
 * The discriminator has no batch normalisation: a batch of either kind would give itself away by its statistics.
 *
 * Source: Kim & Mnih, ICML 2018, algorithm 2 (arXiv:1802.05983).
 */
import { z } from 'zod';
import { permuteEachDimension } from '../probability/index.js';
import { split, type Tensor } from '../tensor/index.js';
import { crossEntropy, discriminator } from './discriminator.js';
import { gaussianVae } from './gaussianVae.js';
import { gaussianVaeOptions, nonNegative, positiveInteger } from './options.js';
import { allBut, only, type Phase, together } from './phases.js';
import { requireBatch } from './requireBatch.js';
import { type Batch, system } from './system.js';
import { penalty } from './terms.js';
import { vaeModel } from './vae.js';

const [JOINT, PERMUTED] = [0, 1];

export const factorVae = system({
  name: 'factor-vae',
  title: 'FactorVAE',
  paper: 'Kim & Mnih, ICML 2018, arXiv:1802.05983',
  objective: String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + KL(q(z|x)\,\|\,p(z)) + \gamma\,KL(q(z)\,\|\,\prod_l q(z_l))`,
  summary:
    'A VAE whose discriminator finds dependence between coordinates, which is then paid for: separate coordinates.',
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    gamma: nonNegative().default(10).describe('weight of the total correlation; 35 for data like dSprites'),
    secondBatch: z
      .boolean()
      .default(true)
      .describe('permute the codes of a second batch instead of those of one half of the first'),
    discriminator: z
      .array(positiveInteger())
      .default([1000, 1000, 1000, 1000, 1000, 1000])
      .describe('widths of the discriminator’s hidden layers'),
    discriminatorLearningRate: z
      .number()
      .positive()
      .default(1e-4)
      .describe('learning rate of the discriminator’s Adam, whose β are 0.5 and 0.9'),
  }),
  training: () => ({ learningRate: 1e-4, batchSize: 64 }),
  require: ({ options: { secondBatch }, ...given }) =>
    requireBatch(given, secondBatch ? 2 : 4, 'factor-vae permutes codes over the batch'),
  build(data, { gamma, secondBatch, discriminator: hidden, discriminatorLearningRate, ...options }, scope) {
    const parts = gaussianVae(data, options, scope);
    const model = vaeModel(parts, { ...options, samples: 1, kl: 'analytic' }, 1);
    const codesOf = ({ x }: Batch) =>
      parts.posterior(x).rsample({ stream: 'second posterior' }).stopGradient();
    const adversary = scope.child('discriminator');
    const logits = discriminator({ hidden, outputs: 2 })(adversary);
    const objective = (batch: Batch) => {
      const [joint, permuted] = split(logits(parts.posterior(batch.x).rsample()), [1, 1]);
      return { ...model.objective(batch), totalCorrelation: penalty(gamma, joint.sub(permuted).sum(1)) };
    };
    const vae: Phase = { name: 'vae', moves: allBut(adversary), objective };
    const critic: Phase = {
      name: 'discriminator',
      moves: only(adversary),
      optimizer: { optimizer: 'adam', learningRate: discriminatorLearningRate, beta1: 0.5, beta2: 0.9 },
      objective({ x, second }) {
        const codes = parts.posterior(x).rsample().stopGradient();
        const [some, others] = second ? [codes, codesOf(second)] : halves(codes);
        const joint = crossEntropy(logits(some), JOINT);
        const permuted = crossEntropy(logits(permuteEachDimension(others, 'permutation')), PERMUTED);
        return { classification: joint.add(permuted).mul(0.5) };
      },
    };
    return { ...model, objective, secondBatch, stages: [together(vae, critic)] };
  },
});

/** The one that an odd number leaves over belongs to neither. */
function halves(codes: Tensor): [Tensor, Tensor] {
  const half = Math.floor(codes.shape[0] / 2);
  return [codes.sliceAlong(0, 0, half), codes.sliceAlong(0, half, 2 * half)];
}
