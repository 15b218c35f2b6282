/**
 * The Wasserstein autoencoder whose codes are matched by a discriminator D, in turn within every step:
 *
 *   autoencoder    s c(x, f(g(x))) + λ softplus(−D(g(x)))
 *   discriminator  λ [ softplus(−D(z_p)) + softplus(D(g(x))) ],   z_p ~ p(z) = N(0, I)
 *
 * Source: Tolstikhin et al. 2018, algorithm 1 (arXiv:1711.01558), the encoder's loss in its non-saturating form. At the
 * optimum D = log p(z) − log q(z), so a D that starts with log p(z) has only log q(z) to learn: appendix of the paper.
 */
import { z } from 'zod';
import { activations } from '../nn/index.js';
import type { Tensor } from '../tensor/index.js';
import { discriminator, fake, real } from './discriminator.js';
import { positiveInteger } from './options.js';
import { allBut, inTurn, only, type Phase } from './phases.js';
import { system } from './system.js';
import { penalty } from './terms.js';
import { waeOptions, waeParts } from './wae.js';

export const waeGan = system({
  name: 'wae-gan',
  title: 'WAE-GAN',
  paper: 'Tolstikhin, Bousquet, Gelly & Schölkopf, ICLR 2018, arXiv:1711.01558',
  objective: String.raw`c(x, f(g(x))) - \lambda\,\log \sigma(D(g(x)))`,
  summary: 'A Wasserstein autoencoder with a learned judge of its codes in the place of a kernel.',
  takesHoles: true,
  options: waeOptions.extend({
    discriminator: z
      .array(positiveInteger())
      .default([512, 512, 512, 512])
      .describe('widths of the discriminator’s layers'),
    discriminatorLearningRate: z
      .number()
      .positive()
      .default(5e-4)
      .describe('step size of the discriminator’s own optimiser'),
    priorTrick: z
      .boolean()
      .default(false)
      .describe('add log p(z) to the discriminator’s logits, so that it has only q(z) to learn'),
  }),
  training: () => ({ batchSize: 100, beta1: 0.5 }),
  build(data, options, scope) {
    const { lambda, discriminator: hidden, discriminatorLearningRate, priorTrick, ...rest } = options;
    const { model, code, drawn, logPrior, reconstruction } = waeParts(data, rest, scope);
    const adversary = scope.child('discriminator');
    const network = discriminator({ hidden, activation: activations.relu })(adversary);
    const logits = (codes: Tensor) => (priorTrick ? network(codes).add(logPrior(codes)) : network(codes));
    const autoencoder: Phase = {
      name: 'autoencoder',
      moves: allBut(adversary),
      objective({ x }) {
        const codes = code(x);
        return { reconstruction: reconstruction(x, codes), deception: penalty(lambda, real(logits(codes))) };
      },
    };
    const critic: Phase = {
      name: 'discriminator',
      moves: only(adversary),
      optimizer: { learningRate: discriminatorLearningRate, beta1: 0.5 },
      objective({ x }) {
        const codes = code(x).stopGradient();
        return { discrimination: penalty(lambda, real(logits(drawn(codes))).add(fake(logits(codes)))) };
      },
    };
    return {
      ...model,
      // How well codes deceive says as much about the discriminator as about them, so it is reported and not paid for;
      // and the cost alone would choose a step at which codes do not yet look like the prior.
      objective: ({ x }) => {
        const codes = code(x);
        return { reconstruction: reconstruction(x, codes), deception: penalty(0, real(logits(codes))) };
      },
      stages: [inTurn(autoencoder, critic)],
      isGame: lambda > 0,
    };
  },
});
