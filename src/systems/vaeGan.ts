/**
 * VAE/GAN: a VAE that measures its reconstructions by what a discriminator D sees in them, and whose decoder is also the
 * generator that D is trained against. With f the output of one of D's hidden layers, a its logit, x̂ = G(z) for z ~ q(z|x)
 * and x_p = G(z_p) for z_p ~ p(z):
 *
 *   encoder         KL(q(z|x) ‖ p(z)) + L,   L = ½ ‖f(x) − f(x̂)‖²
 *   decoder         γ L + ½ [softplus(−a(x̂)) + softplus(−a(x_p))]
 *   discriminator   softplus(−a(x)) + ½ [softplus(a(x̂)) + softplus(a(x_p))]
 *
 * All three gradients are taken at the same values, of one forward pass. L reaches encoder and decoder through D and never
 * moves D; what D says of x̂ never reaches the encoder.
 *
 * Source: Larsen, Sønderby, Larochelle & Winther, ICML 2016, algorithm 1. There the three sources weigh 1 each; here the
 * two that the decoder makes share the weight of the real one, so that a D that always doubts pays log 2 for each side.
 */
import { z } from 'zod';
import type { Scope } from '../nn/index.js';
import { sizeOf, type Tensor } from '../tensor/index.js';
import { type Critic, critic } from './critic.js';
import { fake, real } from './discriminator.js';
import { expectedLossOptions, expectedLossVae, pictureVae } from './expectedLoss.js';
import type { GaussianVae } from './gaussianVae.js';
import { nonNegative } from './options.js';
import { only, together } from './phases.js';
import { type Batch, type Model, system } from './system.js';
import { klTerm, penalty, weighted } from './terms.js';

const options = expectedLossOptions.extend({
  normalisation: expectedLossOptions.shape.normalisation
    .unwrap()
    .optional()
    .describe('normalisation before every activation, the discriminator’s included (default: batch)'),
  featureLayer: z
    .number()
    .int()
    .default(-2)
    .describe('layer of the discriminator that compares, from 0, or from the end: −1 is its logit'),
  gamma: nonNegative()
    .optional()
    .describe('weight of that comparison for the decoder (default: 1 over the number of values compared)'),
  adversarial: z
    .enum(['nonSaturating', 'minimax'])
    .default('nonSaturating')
    .describe('what the decoder makes of D: to raise log D of what it makes, or to lower log (1 − D)'),
  adversarialWeight: nonNegative().default(1).describe('weight of the game against D for the decoder'),
  equilibrium: nonNegative()
    .default(0.68)
    .describe('cost of the discriminator for either side at which the game is balanced, about log 2'),
  margin: z
    .union([z.literal('off'), nonNegative()])
    .default(0.4)
    .describe(
      'how far a cost may leave the equilibrium before the one who is ahead rests; off: nobody rests',
    ),
});

type VaeGanOptions = Pick<
  z.output<typeof options>,
  'gamma' | 'adversarial' | 'adversarialWeight' | 'equilibrium' | 'margin'
>;

export const vaeGan = system({
  name: 'vae-gan',
  title: 'VAE/GAN',
  paper: 'Larsen, Sønderby, Larochelle & Winther, ICML 2016, arXiv:1512.09300',
  objective: String.raw`KL(q(z|x)\,\|\,p(z)) + \frac{1}{2}\|f(x) - f(\hat{x})\|^2\ \text{against}\ \log D(x) + \log(1 - D(\hat{x}))`,
  summary:
    'A VAE for sharp pictures: it compares them by what a discriminator sees, and learns to deceive it.',
  options,
  training: () => ({ optimizer: 'rmsprop', learningRate: 3e-4 }),
  build(data, { featureLayer, ...given }, scope) {
    const normalisation = given.normalisation ?? 'batch';
    const judge = critic(data.shape, { ...given, normalisation }, featureLayer, scope.child('discriminator'));
    const isOwn = given.encoder !== undefined && given.decoder !== undefined;
    const networks = { ...given, normalisation: given.normalisation ?? (isOwn ? 'none' : 'batch') };
    return vaeGanModel(pictureVae(data, networks, scope), judge, given, scope);
  },
});

/** The three-way game between the parts of a VAE and a discriminator below `scope.discriminator`. */
export function vaeGanModel(parts: GaussianVae, judge: Critic, given: VaeGanOptions, scope: Scope): Model {
  const { posterior, likelihood, prior } = parts;
  const { adversarial, adversarialWeight, equilibrium, margin } = given;
  const decode = (code: Tensor) => likelihood(code).mean;

  /** D of all three sources; x first, because D's running statistics are those of its first input. */
  const judged = ({ x }: Batch) => {
    const original = judge(x);
    const rebuilt = judge(decode(posterior(x).rsample()));
    const drawn = judge(decode(prior(x.shape[0]).sample({ stream: 'prior' })));
    return { original, rebuilt, drawn };
  };
  const distance = ({ original, rebuilt }: ReturnType<typeof judged>) =>
    original.features.sub(rebuilt.features).square().sumOverEvent().mul(0.5);
  const overMade = ({ rebuilt, drawn }: ReturnType<typeof judged>, cost: (logit: Tensor) => Tensor) =>
    cost(rebuilt.logit).add(cost(drawn.logit)).mul(0.5);
  const deception = adversarial === 'minimax' ? (logit: Tensor) => fake(logit).neg() : real;
  /** The condition under which one of the two opponents moves. */
  const unlessAhead = (who: 'decoder' | 'discriminator') => {
    if (margin === 'off') return {};
    const when = (batch: Batch) => {
      const sources = judged(batch);
      const costs = [real(sources.original.logit).mean(), overMade(sources, fake).mean()] as const;
      return resting(...costs, { equilibrium, margin })[who].not();
    };
    return { when };
  };

  return {
    // Measured in pixels: the features of a discriminator that learns are no yardstick from one step to another.
    ...expectedLossVae(parts, (y, x) => y.sub(x).square().sumOverEvent().mul(0.5), 1),
    isGame: true,
    stages: [
      together(
        {
          name: 'encoder',
          moves: parts.moves.encoder,
          objective(batch) {
            return {
              reconstruction: distance(judged(batch)),
              kl: klTerm(1, posterior(batch.x), prior(batch.x.shape[0])),
            };
          },
        },
        {
          name: 'decoder',
          moves: parts.moves.decoder,
          objective(batch) {
            const sources = judged(batch);
            const { gamma = 1 / sizeOf(sources.original.features.shape.slice(1)) } = given;
            return {
              reconstruction: weighted(gamma, distance(sources)),
              deception: penalty(adversarialWeight, overMade(sources, deception)),
            };
          },
          ...unlessAhead('decoder'),
        },
        {
          name: 'discriminator',
          moves: only(scope.child('discriminator')),
          objective(batch) {
            const sources = judged(batch);
            return { discrimination: penalty(1, real(sources.original.logit).add(overMade(sources, fake))) };
          },
          ...unlessAhead('discriminator'),
        },
      ),
    ],
  };
}

/**
 * Who rests: the discriminator where one of its costs is far below the equilibrium, the decoder where one is far above;
 * neither where both would. Bool scalars.
 */
export function resting(
  realCost: Tensor,
  fakeCost: Tensor,
  { equilibrium, margin }: { equilibrium: number; margin: number },
): { discriminator: Tensor; decoder: Tensor } {
  const isWeak = realCost.max(fakeCost).greater(equilibrium + margin);
  const isStrong = realCost.min(fakeCost).less(equilibrium - margin);
  return { discriminator: isStrong.and(isWeak.not()), decoder: isWeak.and(isStrong.not()) };
}
