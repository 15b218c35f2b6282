/**
 * The GAN of raw point clouds: a generator G of clouds from noise z ~ N(0, 0.2² I), and a discriminator D that knows no order of
 * their points, in turn within every step.
 *
 *   nonSaturating  discriminator  softplus(−D(x)) + softplus(D(G(z)))        generator  softplus(−D(G(z)))
 *   wasserstein    discriminator  D(G(z)) − D(x) + 10 (‖∇_u D(u)‖ − 1)²      generator  −D(G(z)), every fifth step
 *
 * Source: Achlioptas et al., ICML 2018, §3.2 (arXiv:1707.02392), with the networks of its code: D 64-128-256-256-512 for each
 * point, the largest of each, then 128-64-1, leaky ReLU of slope 0.2 and no normalisation; G 64-128-512-1024. The second form is
 * that of Gulrajani et al. 2017 (arXiv:1704.00028).
 */
import { z } from 'zod';
import { DiagonalNormal } from '../probability/index.js';
import { leakyRelu, type Tensor, zeros } from '../tensor/index.js';
import { cloudDecoder, cloudEncoder, requireClouds } from './cloudNetworks.js';
import { discriminator, fake, real } from './discriminator.js';
import { OptionError } from './errors.js';
import { gradientPenalty } from './gradientPenalty.js';
import { nonNegative, positiveInteger } from './options.js';
import { inTurn, only } from './phases.js';
import { type Batch, noEncoder, system } from './system.js';
import { penalty } from './terms.js';

const DEFAULT_PENALTY = 10;
const DEFAULT_CRITIC_STEPS = 5;
const LEAKY_SLOPE = 0.2;

export const rGan = system({
  name: 'r-gan',
  title: 'r-GAN',
  paper: 'Achlioptas, Diamanti, Mitliagkas & Guibas, ICML 2018, arXiv:1707.02392',
  objective: String.raw`-\log \sigma(D(x)) - \log(1 - \sigma(D(G(z)))), \qquad -\log \sigma(D(G(z)))`,
  summary: 'A generator of clouds of points that learns to deceive a discriminator. It has no encoder.',
  isGenerator: true,
  options: z.object({
    latent: positiveInteger().default(128).describe('length of the noise that a cloud is made of'),
    noise: z.number().positive().default(0.2).describe('standard deviation of the noise'),
    hidden: z
      .array(positiveInteger())
      .default([64, 128, 512, 1024])
      .describe('widths of the generator’s layers'),
    features: z
      .array(positiveInteger())
      .min(1)
      .default([64, 128, 256, 256, 512])
      .describe('widths of the discriminator’s layers that every point goes through'),
    discriminator: z
      .array(positiveInteger())
      .default([128, 64])
      .describe('widths of the discriminator’s layers after the maximum over the points'),
    adversarial: z
      .enum(['nonSaturating', 'wasserstein'])
      .default('nonSaturating')
      .describe('the game: classification, or the Wasserstein distance with a gradient penalty'),
    gradientPenalty: nonNegative()
      .optional()
      .describe(`wasserstein: weight of the gradient penalty (default: ${DEFAULT_PENALTY})`),
    criticSteps: positiveInteger()
      .optional()
      .describe(
        `wasserstein: steps of the discriminator for each of the generator (default: ${DEFAULT_CRITIC_STEPS})`,
      ),
  }),
  training: () => ({ batchSize: 50, learningRate: 1e-4, beta1: 0.5 }),
  build(data, options, scope) {
    requireClouds('r-gan', data);
    const { latent, noise, hidden, features, discriminator: head, adversarial } = options;
    const isWasserstein = adversarial === 'wasserstein';
    for (const name of ['gradientPenalty', 'criticSteps'] as const) {
      if (!isWasserstein && options[name] !== undefined)
        throw new OptionError(name, `has no effect with adversarial ${adversarial}; leave it out`);
    }
    const { gradientPenalty: lambda = DEFAULT_PENALTY, criticSteps = DEFAULT_CRITIC_STEPS } = options;
    const [ofGenerator, ofDiscriminator] = [scope.child('generator'), scope.child('discriminator')];
    const generate = cloudDecoder(data.shape, hidden)(ofGenerator);
    const ofPoints = cloudEncoder(features, [() => (x) => leakyRelu(x, LEAKY_SLOPE)])(
      ofDiscriminator.child('points'),
    );
    const judge = discriminator({ hidden: head })(ofDiscriminator.child('cloud'));
    const critic = (x: Tensor) => judge(ofPoints(x));
    const prior = (count: number) =>
      new DiagonalNormal({
        mean: zeros([count, latent]),
        logVar: zeros([count, latent]).add(2 * Math.log(noise)),
      });
    const made = ({ x }: Batch) => generate(prior(x.shape[0]).sample({ stream: 'prior' }));

    const realCost = ({ x }: Batch) => (isWasserstein ? critic(x).neg() : real(critic(x)));
    const fakeCost = (y: Tensor) => (isWasserstein ? critic(y) : fake(critic(y)));
    const deception = (y: Tensor) => (isWasserstein ? critic(y).neg() : real(critic(y)));
    return {
      codeShape: [latent],
      isGame: true,
      // What the two sides of the game pay; the generator's is reported alone, for it is the other side's loss.
      objective: (batch) => {
        const y = made(batch);
        return {
          realCost: realCost(batch),
          fakeCost: penalty(1, fakeCost(y)),
          deception: penalty(0, deception(y)),
        };
      },
      stages: [
        inTurn(
          {
            name: 'discriminator',
            moves: only(ofDiscriminator),
            objective(batch) {
              const y = made(batch).stopGradient();
              return {
                realCost: realCost(batch),
                fakeCost: penalty(1, fakeCost(y)),
                ...(isWasserstein ? { slope: penalty(lambda, gradientPenalty(critic, batch.x, y)) } : {}),
              };
            },
          },
          {
            name: 'generator',
            moves: only(ofGenerator),
            objective: (batch) => ({ deception: penalty(1, deception(made(batch))) }),
            ...(isWasserstein ? { every: criticSteps } : {}),
          },
        ),
      ],
      encode: noEncoder('r-gan'),
      decode: generate,
      prior,
    };
  },
});
