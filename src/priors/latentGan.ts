/**
 * Generative adversarial networks on codes: a generator G makes codes out of noise n ~ N(0, 0.2² I) of its own length.
 *
 *   latent-gan    D:  softplus(−D(z)) + softplus(D(G(n)))                                   G:  softplus(−D(G(n)))
 *   latent-wgan   D:  D(G(n)) − D(z) + λ (‖∇_u D(u)‖ − 1)², u between z and G(n)            G:  −D(G(n))
 *
 * Neither has a density. Source: Achlioptas et al. 2018, §2.2 and §4 (arXiv:1707.02392), whose generator ends in a ReLU
 * because their codes are not negative: codes are standard scores here, so ours does not.
 */
import { z } from 'zod';
import { linear, relu, type Scope, sequential } from '../nn/index.js';
import {
  allBut,
  discriminator,
  fake,
  gradientPenalty,
  inTurn,
  nonNegative,
  only,
  type Phase,
  penalty,
  positiveInteger,
  real,
} from '../systems/index.js';
import { randomNormal, type Tensor, zeros } from '../tensor/index.js';
import type { VectorCodes } from './description.js';
import { type PriorModel, vectorPrior } from './prior.js';

const NOISE_DEVIATION = 0.2;

const ganOptions = z.object({
  noise: positiveInteger().default(128).describe('length of the noise that codes are made of'),
  hidden: z.array(positiveInteger()).default([128, 128]).describe('widths of the generator’s layers'),
  discriminator: z
    .array(positiveInteger())
    .default([256, 512])
    .describe('widths of the discriminator’s layers'),
});
type GanOptions = z.output<typeof ganOptions>;

interface Players {
  /** D, [batch, d] → [batch]. */
  judge(x: Tensor): Tensor;
  /** A draw of G(n), [count, d]. */
  generate(count: number, stream: string): Tensor;
  /** What each of the two moves. */
  readonly moves: { readonly judge: Phase['moves']; readonly generator: Phase['moves'] };
}

function players(
  { size }: VectorCodes,
  { noise, hidden, discriminator: widths }: GanOptions,
  scope: Scope,
): Players {
  const [own, other] = [scope.child('generator'), scope.child('discriminator')];
  const generator = sequential(...hidden.flatMap((width) => [linear(width), relu]), linear(size))(own);
  return {
    judge: discriminator({ hidden: widths })(other),
    generate: (count, stream) => generator(randomNormal(stream, [count, noise]).mul(NOISE_DEVIATION)),
    moves: { judge: only(other), generator: allBut(other) },
  };
}

type Game = Pick<PriorModel, 'objective' | 'stages'>;

/** A prior that a game trains: draws, and no density. */
function modelOf({ size }: VectorCodes, { generate }: Players, game: Game): PriorModel {
  return {
    ...game,
    isGame: true,
    distribution: (count) => ({
      mean: zeros([count, size]),
      sample: ({ stream = 'prior' } = {}) => generate(count, stream).stopGradient(),
    }),
  };
}

const shared = {
  value: 'none' as const,
  isTrained: true,
  training: () => ({ batchSize: 50, learningRate: 1e-4, beta1: 0.5, epochs: 50 }),
};
const paper = 'Achlioptas, Diamanti, Mitliagkas & Guibas, ICML 2018, arXiv:1707.02392';

export const latentGan = vectorPrior({
  ...shared,
  name: 'latent-gan',
  title: 'Latent GAN',
  paper,
  objective: String.raw`-\log D(z) - \log(1 - D(G(n)))`,
  summary:
    'A generator of codes that learns to deceive a discriminator: no density, and no fixed family either.',
  options: ganOptions,
  build(codes, options, scope) {
    const both = players(codes, options, scope);
    const { judge, generate, moves } = both;
    const discrimination = (x: Tensor, drawn: Tensor) => real(judge(x)).add(fake(judge(drawn)));
    const discriminating: Phase = {
      name: 'discriminator',
      moves: moves.judge,
      objective: ({ x }) => ({
        discrimination: discrimination(x, generate(x.shape[0], 'noise').stopGradient()),
      }),
    };
    const deceiving: Phase = {
      name: 'generator',
      moves: moves.generator,
      objective: ({ x }) => ({ deception: real(judge(generate(x.shape[0], 'noise'))) }),
    };
    return modelOf(codes, both, {
      // What the discriminator pays, 2 log 2 where it can tell nothing: a report, and no yardstick.
      objective: ({ x }) => ({
        discrimination: penalty(0, discrimination(x, generate(x.shape[0], 'noise'))),
      }),
      stages: [inTurn(discriminating, deceiving)],
    });
  },
});

export const latentWgan = vectorPrior({
  ...shared,
  name: 'latent-wgan',
  title: 'Latent WGAN',
  paper: `${paper}; penalty: Gulrajani et al., NeurIPS 2017, arXiv:1704.00028`,
  objective: String.raw`D(G(n)) - D(z) + \lambda (\|\nabla_u D(u)\| - 1)^2`,
  summary:
    'A generator of codes that learns from a Wasserstein critic with a gradient penalty: steadier than latent-gan.',
  options: ganOptions.extend({
    lambda: nonNegative().default(10).describe('weight of the gradient penalty'),
    criticSteps: positiveInteger().default(5).describe('steps of the critic for each of the generator'),
  }),
  build(codes, { lambda, criticSteps, ...options }, scope) {
    const both = players(codes, options, scope);
    const { judge, generate, moves } = both;
    const distance = (x: Tensor, drawn: Tensor) => judge(x).sub(judge(drawn));
    const criticising: Phase = {
      name: 'critic',
      moves: moves.judge,
      objective({ x }) {
        const drawn = generate(x.shape[0], 'noise').stopGradient();
        return {
          criticism: distance(x, drawn).neg(),
          gradientPenalty: penalty(lambda, gradientPenalty(judge, x, drawn)),
        };
      },
    };
    const generating: Phase = {
      name: 'generator',
      moves: moves.generator,
      every: criticSteps,
      objective: ({ x }) => ({ generation: judge(generate(x.shape[0], 'noise')).neg() }),
    };
    return modelOf(codes, both, {
      // An estimate of the Wasserstein distance, from below, as good as the critic is.
      objective: ({ x }) => ({ distance: penalty(0, distance(x, generate(x.shape[0], 'noise'))) }),
      stages: [inTurn(criticising, generating)],
    });
  },
});
